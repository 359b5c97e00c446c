/** A pipeline runner's side of ProcessorService, by proto-loader and grpc-js alone. */
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import {
  Client,
  type ClientDuplexStream,
  credentials,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { Activity } from '../../src/flowctl/activity.js';
import type { PipelineEvent } from '../../src/flowctl/ledger-event.js';
import {
  addProcessorService,
  PROCESSOR_SERVER_OPTIONS,
  type ProcessorServiceParts,
} from '../../src/flowctl/processor-service.js';
import { processorRegistration } from '../../src/flowctl/registration.js';
import { loadProto } from '../../src/grpc/load-proto.js';
import { Health } from '../../src/ops/health.js';
import { createLogger } from '../../src/ops/logger.js';
import { Metrics } from '../../src/ops/metrics.js';
import { StreamMetrics } from '../../src/ops/stream-metrics.js';
import { InlineDecodePool } from '../../src/pool/decode-pool.js';
import { parseRowRequest } from '../../src/request/row-request.js';
import { MemoryShares } from '../../src/stream/memory-shares.js';
import { FACTS } from './control-planes.js';
import { TestClock } from './test-clock.js';

/** As flowctl's runner sets it, both ways. */
const RUNNER_MAX_BYTES = 50 * 1024 * 1024;

const MiB = 1024 * 1024;
const ledgerProto = loadProto('stellar/v1/raw_ledger_service.proto');

const IDLE_TOTALS = {
  rows: 0,
  skipped: 0,
  batches: 0,
  bytes: 0,
  ledgers: 0,
  errors: 0,
  currentLedger: 0,
  tipLedger: 0,
  openStreams: 0,
};

export interface Processor {
  readonly client: Client & Record<string, (...args: unknown[]) => unknown>;
  readonly process: () => ClientDuplexStream<object, PipelineEvent>;
  readonly memory: MemoryShares;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly drain: () => void;
  readonly close: () => void;
}

export async function processor(
  t: TestContext,
  passphrase: string,
  options: Partial<ProcessorServiceParts> & { readonly filters?: object } = {},
): Promise<Processor> {
  const metrics = new Metrics('1.2.3');
  const streamMetrics = new StreamMetrics(metrics);
  const memory = new MemoryShares(256 * MiB, 8 * MiB);
  const health = new Health();
  const draining = new AbortController();
  const activity = new Activity(
    () => Promise.resolve(IDLE_TOTALS),
    { degradedErrorRate: 5, unhealthyErrorRate: 25, staleAfterMs: 60_000 },
    new TestClock(),
  );
  const server = new Server(PROCESSOR_SERVER_OPTIONS);
  addProcessorService(server, {
    pool: new InlineDecodePool(),
    decode: parseRowRequest({ filters: options.filters ?? {} }, passphrase),
    signature: { id: FACTS.id, version: FACTS.version },
    lookAheadEvents: 8,
    openMemory: () => memory.openStream(),
    openMeter: (startLedger) => streamMetrics.open('pipeline', startLedger),
    draining: draining.signal,
    info: () => Promise.resolve(processorRegistration(FACTS, 'processor.example').component),
    health,
    activity,
    logger: createLogger({ level: 'silent' }),
    ...options,
  });
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());

  const loaded = loadPackageDefinition(loadProto('flowctl/v1/processor.proto')) as unknown as {
    flowctl: { v1: { ProcessorService: ServiceClientConstructor } };
  };
  const client = new loaded.flowctl.v1.ProcessorService(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': RUNNER_MAX_BYTES,
    'grpc.max_send_message_length': RUNNER_MAX_BYTES,
  }) as unknown as Processor['client'];
  const close = (): void => {
    client.close();
    server.forceShutdown();
    activity.close();
    metrics.close();
  };
  t.after(close);
  const process = (): ClientDuplexStream<object, PipelineEvent> =>
    client.Process!() as ClientDuplexStream<object, PipelineEvent>;
  return { client, process, memory, health, metrics, drain: () => draining.abort(), close };
}

/** An event as a source under `flowctl run` sends it. */
export function ledgerEvent(sequence: number, xdr: Uint8Array): PipelineEvent {
  const service = ledgerProto['stellar.v1.RawLedgerService'] as Record<
    string,
    { readonly responseSerialize: (message: object) => Buffer }
  >;
  return {
    id: `source-${sequence}`,
    type: 'stellar.ledger.v1',
    payload: service.StreamRawLedgers!.responseSerialize({ sequence, ledger_close_meta_xdr: xdr, network: 'testnet' }),
    metadata: { origin: 'a test', ledger_sequence: 'overwritten' },
    timestamp: { seconds: 1_700_000_000, nanos: 5 },
    source_component_id: 'source',
    content_type: 'application/protobuf',
    stellar_cursor: { ledger_sequence: sequence, index_in_ledger: 0 },
  };
}

/** All that comes until the end; throws the status where that is not OK. */
export async function collect(call: ClientDuplexStream<object, PipelineEvent>): Promise<PipelineEvent[]> {
  const events: PipelineEvent[] = [];
  for await (const event of call) events.push(event as PipelineEvent);
  return events;
}

/** The answer to a unary call. */
export function answer(client: Processor['client'], method: string, request: object): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    client[method]!(request, (error: Error | null, response: Record<string, unknown>) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}
