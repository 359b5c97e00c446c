/** A running service for tests of sessions: its control port, its Flight port, and what its source was asked for. */
import assert from 'node:assert/strict';
import { controlClient, type SessionStatus } from '../control/control-client.js';
import { bytesOf, decode, encode } from '../flight/google-protobuf.js';
import { rawCall, type RawCall, type RawReply } from '../flight/raw-reader.js';
import type { Cleanup } from '../service/cleanup.js';
import { arrowSchemaOf, FlightReader, type Progress, type Reading, rowsOf } from '../service/flight-reader.js';
import { eventually, runService, type RunningService } from '../service/running-service.js';
import { generator, simulatedSource, storeOf } from '../service/simulated-source.js';
import type { LedgerServerOptions } from '../../src/ledger-server/ledger-server.js';
import type { OracleRow } from '../support/row-oracle.js';

export interface SessionService extends RunningService {
  readonly control: ReturnType<typeof controlClient>;
  readonly reader: FlightReader;
  /** Each ledger that the source made, once for each time. */
  readonly made: readonly number[];
  /** Starts a session and returns its id. */
  start(request: object): Promise<string>;
  status(id?: string): Promise<SessionStatus>;
  /** Resolves when the session has the status. */
  reaches(id: string, status: string): Promise<SessionStatus>;
  /** A reader that takes nothing until it is told to: `read()` reads to the end. */
  standing(ticket: string): StandingReader;
}

export async function sessionService(
  cleanup: Cleanup,
  env: Readonly<Record<string, string>> = {},
  source: Partial<LedgerServerOptions> = {},
): Promise<SessionService> {
  const made: number[] = [];
  const store = storeOf((sequence) => {
    made.push(sequence);
    return generator.ledger(sequence);
  });
  const simulated = await simulatedSource(cleanup, { store, ...source });
  const service = await runService(cleanup, simulated, { LOG_LEVEL: 'silent', ...env });
  const control = controlClient(cleanup, service.ports.grpc);
  const status = (id = ''): Promise<SessionStatus> => control('GetStatus', { session_id: id });
  return {
    ...service,
    control,
    reader: new FlightReader(cleanup, service.ports.flight),
    made,
    status,
    async start(request) {
      const { success, session_id: id } = await control('StartProcessing', request);
      assert.ok(success);
      return id;
    },
    async reaches(id, wanted) {
      await eventually(`${id} is ${wanted}`, async () => (await status(id)).status === wanted);
      return await status(id);
    },
    standing(ticket) {
      const call = rawCall(service.ports.flight, 'DoGet', encode('Ticket', { Ticket: Buffer.from(ticket) }));
      cleanup.after(() => call.close());
      return new StandingReader(call);
    },
  };
}

export class StandingReader {
  private readonly call: RawCall;

  constructor(call: RawCall) {
    this.call = call;
  }

  /** Resolves when the service has accepted the reader. */
  async attached(): Promise<void> {
    await this.call.headers;
  }

  leave(): void {
    this.call.close();
  }

  /** Reads to the end. */
  async read(): Promise<Reading> {
    return readingOf(await this.call.read());
  }
}

function readingOf({ messages, status, text }: RawReply): Reading {
  const [schema, ...batches] = messages;
  return {
    schema: bytesOf('FlightData', 'DataHeader', schema!),
    batches: batches.map((message) => ({
      progress: JSON.parse(bytesOf('FlightData', 'AppMetadata', message).toString('utf8')) as Progress,
      header: bytesOf('FlightData', 'DataHeader', message),
      body: bytesOf('FlightData', 'DataBody', message),
    })),
    status,
    text,
  };
}

export const ticketOf = (id: string, startLedger?: number): string =>
  JSON.stringify({ session: id, start_ledger: startLedger });

/** What a FlightInfo for a PATH or CMD says. */
export async function flightInfo(
  { reader }: SessionService,
  descriptor: readonly string[] | object,
): Promise<{
  readonly tickets: readonly string[];
  readonly metadata: Record<string, unknown>;
  readonly path: unknown;
}> {
  const request = Array.isArray(descriptor)
    ? encode('FlightDescriptor', { Type: 1, PathList: descriptor })
    : encode('FlightDescriptor', { Type: 2, Cmd: Buffer.from(JSON.stringify(descriptor)) });
  return infoOf(await reader.unary('GetFlightInfo', request));
}

export function infoOf(encoded: Buffer): Awaited<ReturnType<typeof flightInfo>> {
  const info = decode('FlightInfo', encoded) as {
    appMetadata: string;
    flightDescriptor: { pathList: string[] };
    endpointList: { ticket: { ticket: string } }[];
  };
  const text = Buffer.from(info.appMetadata, 'base64').toString('utf8');
  return {
    tickets: info.endpointList.map(({ ticket }) => Buffer.from(ticket.ticket, 'base64').toString('utf8')),
    metadata: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    path: info.flightDescriptor.pathList,
  };
}

/** The first ledger that a reading says it has. */
export function retainedFrom(reading: Reading): number {
  return Number(arrowSchemaOf(reading).metadata.get('retained_from_ledger'));
}

/** Rows with the columns of `like` only: what a session with more columns has in common with the oracle. */
export function rowsLike(like: readonly OracleRow[], reading: Reading): OracleRow[] {
  const names = Object.keys(like[0] ?? {});
  return rowsOf(reading).map((row) => Object.fromEntries(names.map((name) => [name, row[name]])) as OracleRow);
}

/** That the batches follow each other without gap or overlap, from `first` to `last`. */
export function assertContiguous(reading: Reading, first: number, last: number): void {
  let next = first;
  for (const { progress } of reading.batches) {
    if (progress.last_ledger < progress.first_ledger) continue;
    assert.equal(progress.first_ledger, next);
    next = progress.complete_through + 1;
  }
  assert.equal(next - 1, last);
}
