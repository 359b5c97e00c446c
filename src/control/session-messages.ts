/** Sessions as the control plane's messages describe them. */
import type { Counts } from '../session/counts.js';
import { rangeForm } from '../session/range-form.js';
import type { Session } from '../session/session.js';
import { hasEnded, type SessionState } from '../session/session-state.js';
import { timestamp } from './unary.js';

const STATUSES = {
  starting: 'STARTING',
  running: 'RUNNING',
  stopping: 'STOPPING',
  stopped: 'STOPPED',
  error: 'ERROR',
} as const satisfies Record<SessionState['kind'], string>;

const REASONS = { completed: 'COMPLETED', requested: 'REQUESTED', shutdown: 'SHUTDOWN' } as const;

/** GetStatusResponse */
export function statusMessage(session: Session): object {
  const { state, window, range, counts } = session;
  const delivered = window.deliveredThrough;
  return {
    status: STATUSES[state.kind],
    current_ledger: delivered < range.startLedger ? 0 : delivered,
    target_ledger: range.endLedger,
    entries_processed: counts.contractsProcessed,
    error_message: state.kind === 'error' ? `${state.failure.code}: ${state.failure.message}` : '',
    reason: 'reason' in state ? REASONS[state.reason] : 'NONE',
    session_id: session.id,
    start_ledger: range.startLedger,
    watermark: session.watermark < range.startLedger ? 0 : session.watermark,
    retained_from_ledger: session.retainedFrom,
    waiting_for_readers: session.isWaitingForReaders,
    readers: window.readers,
    dropped_from_ledger: session.droppedFrom ?? 0,
    range: JSON.stringify(rangeForm(session.ranges.at(-1)!)),
    started_at: timestamp(session.startedAt),
    ...(hasEnded(state) && { ended_at: timestamp(state.endedAt) }),
  };
}

/** GetMetricsResponse */
export function metricsMessage(counts: Counts): object {
  return {
    contracts_processed: counts.contractsProcessed,
    entries_skipped: counts.entriesSkipped,
    batches_created: counts.batchesCreated,
    bytes_processed: counts.bytesProcessed,
    processing_rate: counts.processingRate,
    last_update_time: Math.floor(counts.updatedAt.getTime() / 1000),
  };
}
