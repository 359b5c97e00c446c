/**
 * A session as a stream of rows. Which rows it has may be changed while it runs (ConfigureFilters), and its batches do not
 * say so: the session does, in the forms of its ranges, one for each set of filters that it has had.
 *
 * - A change concerns ledgers behind the last one handed out. So what the session says after a batch has come holds for
 *   that batch for good, and for all ledgers that are made by then.
 */
import { isDeepStrictEqual } from 'node:util';
import { status } from '@grpc/grpc-js';
import { ProcessorError } from '../../../workers/errors.js';
import type { FlightReadError } from '../../flight-client/flight-read-error.js';
import { planFlight } from '../../flight-client/read-flight.js';
import {
  type Facts,
  type FlightTarget,
  type LedgerStream,
  rowFacts,
  streamOfForm,
  ticketForm,
} from './ledger-stream.js';

/** A range in the form of a request. */
type RangeForm = Facts & { readonly start_ledger: number; readonly end_ledger: number };

/** FlightInfo.app_metadata of a session. */
interface PublishedSession {
  readonly session_id: string;
  /** Every row up to this ledger is made. */
  readonly complete_through: number;
  /** Under the filters of now. */
  readonly range?: RangeForm;
  readonly earlier_ranges?: readonly RangeForm[];
}

interface FoundSession {
  readonly id: string;
  readonly completeThrough: number;
  /** Of its ranges, in order; the last one reaches to the session's end. */
  readonly forms: readonly [RangeForm, ...RangeForm[]];
}

/**
 * The session that is named, or the newest one. Its range form says which rows it has, and is read where the session
 * does not hold them any more. Undefined while there is no session. Throws STREAM_MISMATCH where its filters were changed.
 */
export async function sessionStream(
  target: FlightTarget,
  sessionId: string | undefined,
  signal: AbortSignal,
): Promise<LedgerStream | undefined> {
  const session = await findSession(target, sessionId, signal);
  if (session === undefined) return undefined;
  const { id, forms } = session;
  const [form] = forms;
  const changed = changeOf(session, form);
  if (changed !== undefined) throw filtersChanged(id, changed);
  const ledgers = { first: form.start_ledger, end: forms.at(-1)!.end_ledger };
  const { tickets } = await planFlight(target.address, form, signal, target);
  // Network and schema version, which a form leaves out, are in the ticket for it.
  const asRange = streamOfForm('contract_data', { ...form, ...ticketForm(tickets[0]) }, ledgers);
  let verifiedThrough = 0;
  return {
    ...asRange,
    command: (from) => ({ session: id, start_ledger: from }),
    afterRefusal: (error) => (isGone(error) ? asRange : undefined),
    verify: async (through, until) => {
      if (through <= verifiedThrough) return;
      const now = await findSession(target, id, until);
      if (now === undefined) return;
      const from = changeOf(now, form) ?? Infinity;
      if (from <= through) throw filtersChanged(id, from);
      verifiedThrough = Math.max(through, Math.min(now.completeThrough, from - 1));
    },
  };
}

/** Undefined where there is no session, or nothing to read of it. */
async function findSession(
  target: FlightTarget,
  sessionId: string | undefined,
  signal: AbortSignal,
): Promise<FoundSession | undefined> {
  const { tickets, appMetadata } = await planFlight(target.address, { session: sessionId ?? 'latest' }, signal, target);
  if (appMetadata.length === 0 || tickets.length === 0) return undefined;
  const published = JSON.parse(appMetadata.toString('utf8')) as PublishedSession;
  const { session_id: id, complete_through: completeThrough, range, earlier_ranges: earlier = [] } = published;
  if (range === undefined) return undefined;
  const [first, ...others] = [...earlier, range];
  return { id, completeThrough, forms: [first, ...others] };
}

/** The first ledger of the session that has other rows than `form` stands for. */
function changeOf({ forms }: FoundSession, form: RangeForm): number | undefined {
  const facts = rowFacts(form);
  return forms.find((other) => !isDeepStrictEqual(rowFacts(other), facts))?.start_ledger;
}

function filtersChanged(id: string, ledger: number): ProcessorError {
  const message =
    `the filters of session ${id} were changed at ledger ${ledger}: from there on its rows are of another stream. ` +
    'Load them from a session started with those filters, into another database; or go on with the filters of before, ' +
    'as a range: without FLIGHT_PATH, with FILTER_* as they were';
  return new ProcessorError('STREAM_MISMATCH', message, { ledger });
}

/** The session has let go of the ledger, or is gone altogether. */
function isGone(error: FlightReadError): boolean {
  return error.status === status.OUT_OF_RANGE || error.status === status.NOT_FOUND;
}
