/**
 * The life of a session:
 *
 *   starting ──first ledger──> running ──range done──> stopped (completed)
 *      │                          │
 *      ├──StopProcessing, SIGTERM─┴──> stopping ──accepted ledgers done──> stopped (requested, shutdown, completed)
 *      └──────────any failure─────┴───────┴──> error
 */
import type { ProcessorError } from '../../workers/errors.js';

/** `completed` also where a stop came when all ledgers of the range were under way already. */
export type EndReason = 'completed' | 'requested' | 'shutdown';

export type SessionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'stopping'; readonly reason: Exclude<EndReason, 'completed'> }
  | { readonly kind: 'stopped'; readonly reason: EndReason; readonly endedAt: Date }
  | { readonly kind: 'error'; readonly failure: ProcessorError; readonly endedAt: Date };

/** A session that takes no more ledgers and makes no more rows. */
export type EndedState = Extract<SessionState, { kind: 'stopped' | 'error' }>;

const EDGES: Readonly<Record<SessionState['kind'], readonly SessionState['kind'][]>> = {
  starting: ['running', 'stopping', 'stopped', 'error'],
  running: ['stopping', 'stopped', 'error'],
  stopping: ['stopped', 'error'],
  stopped: [],
  error: [],
};

export function hasEnded(state: SessionState): state is EndedState {
  return EDGES[state.kind].length === 0;
}

/** `to`, where a session may go there from `from`; anything else is a defect. */
export function nextState(from: SessionState, to: SessionState): SessionState {
  if (EDGES[from.kind].includes(to.kind)) return to;
  throw new Error(`a session cannot go from ${from.kind} to ${to.kind}`);
}
