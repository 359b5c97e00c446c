/** A stream of rows as the Flight service has it: what it consists of, and how to ask for its ledgers. */
import { ProcessorError } from '../../../workers/errors.js';
import type { TableName } from '../../../workers/request.js';
import type { FlightReadError } from '../../flight-client/flight-read-error.js';
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
  /**
   * Makes sure that the rows which came for ledgers up to `through` are of this stream. Throws STREAM_MISMATCH where they
   * are not, and what {@link planFlight} throws.
   */
  verify(through: number, signal: AbortSignal): Promise<void>;
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

/** The stream that a request's form, or a ticket's, stands for. */
export function streamOfForm(table: TableName, form: Facts, ledgers: LedgerStream['ledgers']): LedgerStream {
  const command = Object.fromEntries(Object.entries(form).filter(([key]) => !TICKET_KEYS.has(key)));
  const filters = { ...NO_DEFAULTS, ...(form.filters as Facts | undefined) };
  return {
    table,
    facts: rowFacts(form),
    ledgers,
    command: (from, end) => ({ ...command, filters, start_ledger: from, end_ledger: end }),
    afterRefusal: () => undefined,
    verify: () => Promise.resolve(),
  };
}

/** What of a form decides which rows it stands for. */
export function rowFacts(form: Facts): Facts {
  return Object.fromEntries(Object.entries(form).filter(([key]) => !BESIDE_THE_ROWS.has(key)));
}

/** What a ticket says. Throws FLIGHT_INVALID. */
export function ticketForm(ticket: Buffer | undefined): Facts {
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
