/** What lanes tell of their work, for metrics, health and the log. */
import type { Commit } from './commit.js';
import type { Lane } from './lane.js';

export type Side = 'flight' | 'database';

export interface LaneObserver {
  receivedRows(lane: Lane, rows: number, bytes: number): void;
  committed(lane: Lane, commit: Commit, durationMs: number): void;
  /** `retries` in a row so far, this one included. */
  retrying(lane: Lane, side: Side, error: unknown, retries: number, pauseMs: number): void;
  /** It goes on after a failure. */
  recovered(lane: Lane, side: Side): void;
}
