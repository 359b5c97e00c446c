/** What the Flight service does, in metrics. */
import { status } from '@grpc/grpc-js';
import type { FlightObserver } from '../flight/flight-observer.js';
import { type RpcCode, RPC_CODES } from './metric-table.js';
import type { Metrics } from './metrics.js';

export function flightMetrics({ of }: Metrics): FlightObserver {
  return {
    rpcStarted(method) {
      of.rpcsActive.inc({ method });
      if (method === 'DoGet') of.flightClientsConnected.inc();
    },
    rpcEnded(method, end) {
      of.rpcsActive.dec({ method });
      of.rpcs.inc({ method, code: codeName(end.status) });
      if (method === 'DoGet') of.flightClientsConnected.dec();
    },
    messageSent(method, bytes, blockedMs) {
      of.readerBlocked.inc(blockedMs / 1000);
      if (method !== 'DoGet') return;
      of.flightSentBytes.inc(bytes);
      of.flightSentMessages.inc();
    },
    queueChanged(_messages, bytes) {
      of.flightQueuedBytes.inc(bytes);
    },
  };
}

function codeName(code: number): RpcCode {
  const name = status[code];
  return RPC_CODES.find((known) => known === name) ?? 'UNKNOWN';
}
