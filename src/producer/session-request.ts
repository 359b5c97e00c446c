/**
 * How readers name a session:
 *
 *   PATH     ["contract","data",<id>], or ["contract","data"] for the newest one
 *   CMD      {"session": "<id>" | "latest", "start_ledger": N}
 *   ticket   the CMD, or the Go predecessor's `contract-data-stream` for the newest one
 *
 * The newest one is the one started last; where there is none, readers wait for it.
 */
import { z } from 'zod';
import { parseJsonText } from '../request/json-text.js';
import { requestInvalid } from '../request/row-request.js';

export const SESSION_PATH = ['contract', 'data'] as const;
export const NEWEST_TICKET = 'contract-data-stream';
const LATEST = 'latest';

export interface SessionRequest {
  /** Undefined: the newest. */
  readonly id: string | undefined;
  /** Undefined: from the oldest batch held. */
  readonly startLedger: number | undefined;
}

const NEWEST: SessionRequest = { id: undefined, startLedger: undefined };

const commandSchema = z.strictObject({
  session: z.string().min(1),
  start_ledger: z
    .int()
    .min(1)
    .max(2 ** 32 - 1)
    .optional(),
});

/** Undefined where the path is not a session's. */
export function sessionOfPath(path: readonly string[]): SessionRequest | undefined {
  const [first, second, id, ...rest] = path;
  if (first !== SESSION_PATH[0] || second !== SESSION_PATH[1] || rest.length > 0) return undefined;
  return { ...NEWEST, id };
}

/** Undefined where the text is not a session's. Throws REQUEST_INVALID for a malformed one. */
export function sessionOfCommand(text: string): SessionRequest | undefined {
  const json = jsonObject(text, 'the descriptor');
  if (json === undefined || !('session' in json)) return undefined;
  const parsed = commandSchema.safeParse(json);
  if (!parsed.success) throw requestInvalid(parsed.error);
  const { session, start_ledger: startLedger } = parsed.data;
  return { id: session === LATEST ? undefined : session, startLedger };
}

/** As {@link sessionOfCommand}. A CMD may come inside the JSON that InfluxDB's clients send. */
export function sessionOfTicket(text: string): SessionRequest | undefined {
  if (text === NEWEST_TICKET) return NEWEST;
  const command = jsonObject(text, 'the ticket')?.sql_query;
  if (typeof command !== 'string') return sessionOfCommand(text);
  return command === NEWEST_TICKET ? NEWEST : sessionOfCommand(command);
}

export function sessionTicket({ id, startLedger }: SessionRequest): string {
  if (id === undefined && startLedger === undefined) return NEWEST_TICKET;
  return JSON.stringify({ session: id ?? LATEST, start_ledger: startLedger });
}

function jsonObject(text: string, what: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  return parseJsonText(text, what) as Record<string, unknown>;
}
