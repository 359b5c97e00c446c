/**
 * A range stream as it is asked for (a Flight CMD descriptor) and as it is served (a ticket).
 *
 *   CMD      JSON of start_ledger, end_ledger and row-request keys, or the Go predecessor's grammar
 *            contract_data:<start>:<end>:<filter_json>
 *   ticket   cd1:<the same JSON with every default filled in, network and schema version, keys sorted>#<query id>
 *
 * Tickets equal up to the `#` give equal batches. The part behind it only names the query for cancellation and progress:
 * `<query id>` or, where a query has several partitions, `<query id>.<partition>`.
 */
import { z } from 'zod';
import { SCHEMA_VERSION } from '../../workers/columns/tables.js';
import { ProcessorError } from '../../workers/errors.js';
import type { BadLedgerPolicy, DecodeRequest } from '../../workers/request.js';
import { parseJsonText } from './json-text.js';
import { decodeRequest, requestInvalid, rowRequestShape } from './row-request.js';
import { splitLedgers } from './split-ledgers.js';

const MAX_LEDGER = 2 ** 32 - 1;
const MAX_PARTITIONS = 64;
const TICKET_PREFIX = 'cd1:';
const PREDECESSOR_PREFIX = 'contract_data:';

/** What a request that leaves keys out gets; from the configuration. */
export interface RequestDefaults {
  readonly networkPassphrase: string;
  readonly batchRows: number;
  readonly onBadLedger: BadLedgerPolicy;
  /** Filters as in the request's JSON. */
  readonly filters: Readonly<Record<string, unknown>>;
  /** `CODE:ISSUER` each. */
  readonly knownAssets: readonly string[];
}

/** A range of ledgers and what to make of them. */
export interface RangeRequest {
  readonly startLedger: number;
  /** Inclusive; 0 follows the tip. */
  readonly endLedger: number;
  readonly decode: DecodeRequest;
}

/** A range request with how its reader wants it split. */
export interface RangeQuery {
  readonly range: RangeRequest;
  readonly partitions: number;
}

export interface RangeTicket {
  readonly range: RangeRequest;
  /** Undefined on tickets that were written by hand. */
  readonly queryId: string | undefined;
  readonly partition: number;
}

const rangeSchema = z.strictObject({
  start_ledger: z.int().min(1).max(MAX_LEDGER),
  end_ledger: z.int().min(0).max(MAX_LEDGER).default(0),
  partitions: z.int().min(1).max(MAX_PARTITIONS).default(1),
  ...rowRequestShape,
});

const ticketSchema = rangeSchema.omit({ partitions: true }).extend({ network: z.string(), schema_version: z.string() });

/** Reads the text of a CMD descriptor. */
export function parseRangeCommand(text: string, defaults: RequestDefaults): RangeQuery {
  if (text.startsWith(PREDECESSOR_PREFIX)) return { range: parsePredecessor(text, defaults), partitions: 1 };
  return rangeQuery(parseJsonText(text, 'the descriptor'), defaults);
}

/** Reads a ticket: ours, the predecessor's, or a CMD text inside the JSON that InfluxDB's clients send. */
export function parseRangeTicket(text: string, defaults: RequestDefaults): RangeTicket {
  if (text.startsWith(TICKET_PREFIX)) return parseOwnTicket(text, defaults);
  if (text.startsWith(PREDECESSOR_PREFIX)) {
    return { range: parsePredecessor(text, defaults), queryId: undefined, partition: 0 };
  }
  if (text.startsWith('{')) {
    const { sql_query: command } = parseJsonText(text, 'the ticket') as { sql_query?: unknown };
    if (typeof command === 'string') {
      return { range: parseRangeCommand(command, defaults).range, queryId: undefined, partition: 0 };
    }
  }
  throw new ProcessorError('REQUEST_INVALID', `not a ticket of this service: ${JSON.stringify(text.slice(0, 80))}`);
}

/** The ticket of a range, or of one partition of a query. */
export function rangeTicket(range: RangeRequest, queryId: string, partition: number): string {
  return `${TICKET_PREFIX}${rangeCommand(range)}#${queryId}.${partition}`;
}

/** The range in full, as canonical JSON: it serves as a CMD descriptor, too, once network and schema_version are left out. */
export function rangeCommand(range: RangeRequest): string {
  return sortedJson(rangeJson(range));
}

/** Splits a range by ledger count into at most `partitions` parts that begin at multiples of 64. */
export function partitionRange(range: RangeRequest, partitions: number): RangeRequest[] {
  const { startLedger, endLedger } = range;
  if (partitions === 1) return [range];
  return splitLedgers(startLedger, endLedger, partitions).map(([first, last]) => {
    return { ...range, startLedger: first, endLedger: last };
  });
}

function rangeQuery(json: unknown, defaults: RequestDefaults): RangeQuery {
  const parsed = rangeSchema.safeParse(withDefaults(json, defaults));
  if (!parsed.success) throw requestInvalid(parsed.error);
  const { start_ledger: startLedger, end_ledger: endLedger, partitions, ...row } = parsed.data;
  checkRange(startLedger, endLedger);
  if (endLedger === 0 && partitions > 1) {
    throw new ProcessorError('REQUEST_INVALID', 'partitions: a range that follows the tip (end_ledger 0) has one', {
      key: 'partitions',
    });
  }
  const decode = decodeRequest(row, defaults.networkPassphrase, defaults.batchRows);
  return { range: { startLedger, endLedger, decode }, partitions };
}

/** Fills in the configured policy, filters and known assets. Filters of contract data mean nothing for the table ttl. */
function withDefaults(json: unknown, defaults: RequestDefaults): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const asked = json as Record<string, unknown>;
  const { filters } = asked;
  const isTtl = asked.table === 'ttl';
  const askedFilters = typeof filters === 'object' && filters !== null && !Array.isArray(filters) ? filters : undefined;
  const includeDeleted = defaults.filters.include_deleted;
  const filterDefaults = !isTtl
    ? defaults.filters
    : includeDeleted === undefined
      ? {}
      : { include_deleted: includeDeleted };
  return {
    on_bad_ledger: defaults.onBadLedger,
    ...(isTtl ? {} : { known_assets: defaults.knownAssets }),
    ...asked,
    ...(filters === undefined || askedFilters !== undefined ? { filters: { ...filterDefaults, ...askedFilters } } : {}),
  };
}

function parsePredecessor(text: string, defaults: RequestDefaults): RangeRequest {
  const match = /^contract_data:(\d+):(\d+)(?::(.*))?$/s.exec(text);
  if (match === null) {
    const expected = 'contract_data:<start>:<end>:<filter_json>';
    throw new ProcessorError('REQUEST_INVALID', `${expected} expected, ${JSON.stringify(text.slice(0, 80))} found`);
  }
  const [, start, end, filterText] = match;
  const filters = filterText === undefined || filterText.trim() === '' ? {} : parseJsonText(filterText, 'filter_json');
  return rangeQuery({ start_ledger: Number(start), end_ledger: Number(end), filters }, defaults).range;
}

function parseOwnTicket(text: string, { networkPassphrase, batchRows }: RequestDefaults): RangeTicket {
  const mark = text.lastIndexOf('#');
  const hasQuery = mark > text.lastIndexOf('}');
  const json = parseJsonText(text.slice(TICKET_PREFIX.length, hasQuery ? mark : undefined), 'the ticket');
  const parsed = ticketSchema.safeParse(json);
  if (!parsed.success) throw requestInvalid(parsed.error);
  const { start_ledger: startLedger, end_ledger: endLedger, network, schema_version: version, ...row } = parsed.data;
  if (network !== networkPassphrase) {
    const message = `the ticket is of the network "${network}", this service of "${networkPassphrase}"`;
    throw new ProcessorError('PASSPHRASE_MISMATCH', message, { key: 'network' });
  }
  if (version !== SCHEMA_VERSION) {
    const message = `schema_version: the ticket is of schema version ${version}, this service has ${SCHEMA_VERSION}`;
    throw new ProcessorError('REQUEST_INVALID', message, { key: 'schema_version' });
  }
  checkRange(startLedger, endLedger);
  const [queryId, partition] = hasQuery ? text.slice(mark + 1).split('.') : [];
  return {
    range: { startLedger, endLedger, decode: decodeRequest(row, network, batchRows) },
    queryId,
    partition: Number(partition ?? 0),
  };
}

function checkRange(startLedger: number, endLedger: number): void {
  if (endLedger === 0 || endLedger >= startLedger) return;
  const message = `end_ledger: at least start_ledger (${startLedger}) or 0 expected, ${endLedger} found`;
  throw new ProcessorError('REQUEST_INVALID', message, { key: 'end_ledger' });
}

function rangeJson({ startLedger, endLedger, decode }: RangeRequest): Record<string, unknown> {
  const { filters } = decode;
  return {
    start_ledger: startLedger,
    end_ledger: endLedger,
    table: decode.table,
    columns: decode.columns,
    batch_size: decode.batchRows,
    compact: decode.compact,
    int_types: decode.intTypes,
    on_bad_ledger: decode.onBadLedger,
    known_assets: decode.knownAssets.map(({ code, issuer }) => `${code}:${issuer}`),
    network: decode.networkPassphrase,
    schema_version: SCHEMA_VERSION,
    filters: {
      contract_ids: filters.contractIds,
      asset_codes: filters.assetCodes,
      asset_issuers: filters.assetIssuers,
      balance_holders: filters.balanceHolders,
      min_balance: filters.minBalance,
      modified_after_ledger: filters.modifiedAfterLedger,
      key_types: filters.keyTypes,
      durabilities: filters.durabilities,
      change_types: filters.changeTypes,
      changed_only: filters.changedOnly,
      include_deleted: filters.includeDeleted,
    },
  };
}

/** JSON with the keys of every object sorted and undefined ones left out: equal values, equal text. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
