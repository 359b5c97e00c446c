/** grpc.health.v1 on a gRPC server, answering what the health model says. */
import type { Server } from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import type { Health } from './health.js';

/**
 * Adds the health service. The server as a whole (the empty name) and each of `services` (full names) serve while the
 * service is ready, degraded included. The returned function ends the updates, after telling watchers NOT_SERVING.
 */
export function addGrpcHealth(server: Server, health: Health, services: readonly string[]): () => void {
  const implementation = new HealthImplementation();
  let current: ServingStatus | undefined;
  const tell = (status: ServingStatus): void => {
    if (status === current) return;
    current = status;
    for (const service of ['', ...services]) implementation.setStatus(service, status);
  };
  const stop = health.watch(({ ready }) => tell(ready ? 'SERVING' : 'NOT_SERVING'));
  implementation.addToServer(server);
  return () => {
    stop();
    tell('NOT_SERVING');
  };
}
