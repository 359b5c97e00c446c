/** A stream of rows as the Flight service has it: what it consists of, and how to ask for its ledgers. */
import { status } from '@grpc/grpc-js';
import { ProcessorError } from '../../../workers/errors.js';
import type { TableName } from '../../../workers/request.js';
import { FlightReadError } from '../../flight-client/flight-read-error.js';
import { type FlightAccess, planFlight } from '../../flight-client/read-flight.js';
import type { StreamIdentity } from '../../postgres/progress/stream-identity.js';

export type Facts = StreamIdentity['facts'];

export interface LedgerStream {
  readonly table: TableName;
  /** What decides which rows it has: two streams of equal facts have equal rows. */
  readonly facts: Facts;
  /** The first of its ledgers and the last, 0 where it has no end; undefined where the consumer is to say. */
  readonly ledgers: { readonly first: number; readonly end: number } | undefined;
  /** The command that asks for ledgers from `from` on. */
  command(from: number, end: number): object;
  /**
   * The same rows in another way, where `error` says that they cannot be had as they were asked for: a session lets go
   * of its rows, which can be made again from the ledgers. Undefined where there is none.
   */
  afterRefusal(error: FlightReadError): LedgerStream | undefined;
}

/** How the Flight service is reached. */
export interface FlightTarget extends FlightAccess {
  /** `host:port`. */
  readonly address: string;
}

/** What the consumer asks for; what it leaves out is the service's to say. */
export interface StreamRequest {
  readonly filters: Facts;
  /** `CODE:ISSUER` each; empty: the service's. */
  readonly knownAssets: readonly string[];
  readonly compact: boolean;
  readonly batchRows: number;
}

const TICKET_PREFIX = 'cd1:';

/** Filters that a service's configuration may set for requests which leave them out, set to filter nothing. */
const NO_DEFAULTS = { contract_ids: [], asset_codes: [], asset_issuers: [], include_deleted: true };

/** What a ticket says beside the rows it stands for. */
const BESIDE_THE_ROWS: ReadonlySet<string> = new Set([
  'start_ledger',
  'end_ledger',
  'table',
  'columns',
  'batch_size',
  'int_types',
  'on_bad_ledger',
]);
/** What only tickets say. */
const TICKET_KEYS: ReadonlySet<string> = new Set(['network', 'schema_version']);

/** The stream that a request for `table` gets: the service fills in its defaults and says so in its ticket. */
export async function rangeStream(
  target: FlightTarget,
  table: TableName,
  { filters, knownAssets, compact, batchRows }: StreamRequest,
  signal: AbortSignal,
): Promise<LedgerStream> {
  const request = {
    start_ledger: 1,
    table,
    batch_size: batchRows,
    ...(table === 'contract_data' && {
      compact,
      filters,
      ...(knownAssets.length > 0 && { known_assets: knownAssets }),
    }),
  };
  const { tickets } = await planFlight(target.address, request, signal, target);
  const form = ticketForm(tickets[0]);
  return streamOfForm(table, form, undefined);
}

/**
 * The session that is named, or the newest one. Its range form says which rows it has, and is read where the session
 * does not hold them any more. Undefined while there is no session.
 */
export async function sessionStream(
  target: FlightTarget,
  sessionId: string | undefined,
  signal: AbortSignal,
): Promise<LedgerStream | undefined> {
  const { tickets, appMetadata } = await planFlight(target.address, { session: sessionId ?? 'latest' }, signal, target);
  if (appMetadata.length === 0) return undefined;
  const published = JSON.parse(appMetadata.toString('utf8')) as PublishedSession;
  const { session_id: id, range, earlier_ranges: earlier } = published;
  if (tickets.length === 0 || range === undefined) return undefined;
  if (earlier !== undefined) {
    const message = `the filters of session ${id} were changed at ledger ${range.start_ledger}: its rows are of several streams`;
    throw new ProcessorError('STREAM_MISMATCH', message, { ledger: range.start_ledger });
  }
  const asRange = streamOfForm('contract_data', { ...range, ...(await tellingOf(target, range, signal)) }, range);
  return {
    ...asRange,
    command: (from) => ({ session: id, start_ledger: from }),
    afterRefusal: (error) => (isGone(error) ? asRange : undefined),
  };
}

interface PublishedSession {
  readonly session_id: string;
  readonly range?: Facts & { readonly start_ledger: number; readonly end_ledger: number };
  readonly earlier_ranges?: readonly Facts[];
}

function streamOfForm(table: TableName, form: Facts, bounds: PublishedSession['range']): LedgerStream {
  const facts = Object.fromEntries(Object.entries(form).filter(([key]) => !BESIDE_THE_ROWS.has(key)));
  const command = Object.fromEntries(Object.entries(form).filter(([key]) => !TICKET_KEYS.has(key)));
  const filters = { ...NO_DEFAULTS, ...(form.filters as Facts | undefined) };
  return {
    table,
    facts,
    ledgers: bounds && { first: bounds.start_ledger, end: bounds.end_ledger },
    command: (from, end) => ({ ...command, filters, start_ledger: from, end_ledger: end }),
    afterRefusal: () => undefined,
  };
}

/** Network and schema version, which a range form leaves out and the ticket for it says. */
async function tellingOf(target: FlightTarget, range: Facts, signal: AbortSignal): Promise<Facts> {
  const { tickets } = await planFlight(target.address, range, signal, target);
  return ticketForm(tickets[0]);
}

function ticketForm(ticket: Buffer | undefined): Facts {
  const text = ticket?.toString('utf8') ?? '';
  const end = text.lastIndexOf('#');
  try {
    if (!text.startsWith(TICKET_PREFIX)) throw new SyntaxError(`no ${TICKET_PREFIX}`);
    return JSON.parse(text.slice(TICKET_PREFIX.length, end > text.lastIndexOf('}') ? end : undefined)) as Facts;
  } catch (error) {
    const message = `a ticket ${TICKET_PREFIX}{…} expected from the Flight service, got ${text.slice(0, 80)}`;
    throw new ProcessorError('FLIGHT_INVALID', message, {}, error);
  }
}

/** The session has let go of the ledger, or is gone altogether. */
function isGone(error: FlightReadError): boolean {
  return error.status === status.OUT_OF_RANGE || error.status === status.NOT_FOUND;
}
