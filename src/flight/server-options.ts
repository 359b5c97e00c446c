/** Settings of a grpc-js server that carries Flight. */
import type { IncomingHttpHeaders } from 'node:http2';
import type { Server, ServerOptions } from '@grpc/grpc-js';
import { MAX_MESSAGE_BYTES } from './flight-data.js';

export const FLIGHT_SERVER_OPTIONS: ServerOptions = {
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  // Requests are tickets, descriptors and actions.
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  // A reader that vanished without a word is noticed, though its stream has nothing to send.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
};

/** What fits into a timer of Node: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/**
 * Lets calls with a timeout above 24.8 days live, for a server that is bound: grpc-js 1.14 computes `grpc-timeout` in
 * 32 bits, so that such calls fail at once or far too early. Without the header there is no limit, and the client keeps
 * its own. Headers can be reached only before grpc-js reads them, by its private map of HTTP/2 servers; where that is
 * not there, nothing changes.
 */
export function acceptLongTimeouts(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers?: ReadonlyMap<NodeJS.EventEmitter, unknown> };
  for (const http2Server of http2Servers?.keys() ?? []) {
    http2Server.prependListener('stream', (_stream: unknown, headers: IncomingHttpHeaders) => {
      const [, count, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(headers['grpc-timeout'])) ?? [];
      if (Number(count) * (UNIT_MS[unit] ?? 0) > MAX_TIMER_MS) delete headers['grpc-timeout'];
    });
  }
}
