/** A bound on the connections of a gRPC server that is bound to its address; grpc-js has no setting for it. */
import type { Server } from '@grpc/grpc-js';
import type { Server as NetServer } from 'node:net';

/**
 * Further connections are closed as they come. The sockets' server is reached by grpc-js's private map of HTTP/2 servers;
 * where that is not there, nothing is bounded.
 */
export function limitConnections(server: Server, maxConnections: number): void {
  const { http2Servers } = server as unknown as { http2Servers?: ReadonlyMap<NetServer, unknown> };
  for (const listener of http2Servers?.keys() ?? []) listener.maxConnections = maxConnections;
}
