/** A Flight server on a free port of 127.0.0.1, with an observer that remembers. */
import { Server, ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js';
import type { FlightAuth } from '../../src/flight/flight-auth.js';
import type { FlightMethod, FlightObserver, RpcEnd } from '../../src/flight/flight-observer.js';
import type { FlightProducer } from '../../src/flight/flight-producer.js';
import { flightService } from '../../src/flight/flight-service.js';
import { acceptLongTimeouts, FLIGHT_SERVER_OPTIONS } from '../../src/flight/server-options.js';

export class RecordingObserver implements FlightObserver {
  readonly started: FlightMethod[] = [];
  readonly ended: (RpcEnd & { readonly method: FlightMethod })[] = [];
  queuedMessages = 0;
  queuedBytes = 0;
  mostQueuedMessages = 0;
  mostQueuedBytes = 0;
  sentBytes = 0;

  rpcStarted(method: FlightMethod): void {
    this.started.push(method);
  }

  rpcEnded(method: FlightMethod, end: RpcEnd): void {
    this.ended.push({ method, ...end });
  }

  messageSent(_method: FlightMethod, bytes: number): void {
    this.sentBytes += bytes;
  }

  queueChanged(messages: number, bytes: number): void {
    this.queuedMessages += messages;
    this.queuedBytes += bytes;
    this.mostQueuedMessages = Math.max(this.mostQueuedMessages, this.queuedMessages);
    this.mostQueuedBytes = Math.max(this.mostQueuedBytes, this.queuedBytes);
  }
}

export interface RunningFlight {
  readonly port: number;
  readonly address: string;
  readonly observer: RecordingObserver;
  close(): void;
}

export async function serveFlight(
  producer: FlightProducer,
  { auth, interceptors = [], port = 0 }: { auth?: FlightAuth; interceptors?: ServerInterceptor[]; port?: number } = {},
): Promise<RunningFlight> {
  const observer = new RecordingObserver();
  const server = new Server({ ...FLIGHT_SERVER_OPTIONS, interceptors });
  const service = flightService(producer, { observer, ...(auth && { auth }) });
  server.addService(service.definition, service.implementation);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) => {
      if (error) reject(error);
      else resolve(at);
    });
  });
  acceptLongTimeouts(server);
  return { port: bound, address: `127.0.0.1:${bound}`, observer, close: () => server.forceShutdown() };
}

/** Waits until `condition` holds, for at most two seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (const until = Date.now() + 2000; !condition();) {
    if (Date.now() > until) throw new Error(`not within two seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
