/** How far a plan is: counts, machines, failures. */
import type { ClientBase } from 'pg';
import type { ErrorCode } from '../../../workers/errors.js';
import type { LedgerGap } from '../../stream/app-metadata.js';
import type { EndHashes } from '../end-hashes.js';
import type { FailedRange } from '../report.js';

export interface MachineStatus {
  readonly machine: string;
  /** At work on now, and made. */
  readonly ranges_running: number;
  readonly ranges_finished: number;
  readonly ledgers: number;
  readonly rows: number;
  /** From its first range's start to its last one's end. */
  readonly seconds: number;
  readonly ledgers_per_second: number;
  readonly contracts_per_second: number;
  readonly last_finished_at: string | null;
}

export interface PlanStatus extends EndHashes {
  readonly plan: string;
  readonly source: string;
  readonly first_ledger: number;
  readonly last_ledger: number;
  readonly ranges: Readonly<Record<'all' | 'finished' | 'running' | 'waiting' | 'retrying' | 'failed', number>>;
  readonly ledgers: number;
  readonly ledgers_finished: number;
  /** Of finished ranges. */
  readonly rows: number;
  readonly bytes: number;
  /** Ledgers that were set aside. */
  readonly gaps: readonly LedgerGap[];
  readonly machines: readonly MachineStatus[];
  readonly failed: readonly FailedRange[];
  /** To be tried again. */
  readonly retrying: readonly FailedRange[];
}

const STATE = `CASE
    WHEN finished_at IS NOT NULL THEN 'finished'
    WHEN failed_at IS NOT NULL THEN 'failed'
    WHEN leased_until IS NOT NULL THEN 'running'
    WHEN failures > 0 THEN 'retrying'
    ELSE 'waiting' END`;

/** Of the ranges of `plan` that begin from `first` to `last`. */
export async function planStatus(
  client: ClientBase,
  plan: { readonly plan: string; readonly source: string },
  first = 0,
  last = 2 ** 32,
): Promise<PlanStatus> {
  const range = [plan.plan, first, last];
  const { rows: states } = await client.query<StateRow>(
    `SELECT ${STATE} AS state, count(*) AS ranges, sum(last_ledger - first_ledger + 1) AS ledgers, min(first_ledger) AS first,
      max(last_ledger) AS last, coalesce(sum(row_count), 0) AS rows, coalesce(sum(ledger_bytes), 0) AS bytes
    FROM contract_data.backfill_ranges WHERE plan = $1 AND first_ledger BETWEEN $2 AND $3 GROUP BY 1`,
    range,
  );
  const { rows: machines } = await client.query<MachineRow>(
    `SELECT machine, count(*) FILTER (WHERE finished_at IS NULL) AS running, count(finished_at) AS finished,
      coalesce(sum(last_ledger - first_ledger + 1) FILTER (WHERE finished_at IS NOT NULL), 0) AS ledgers,
      coalesce(sum(row_count), 0) AS rows, coalesce(extract(epoch FROM max(finished_at) - min(leased_at)), 0) AS seconds,
      max(finished_at) AS last_finished_at
    FROM contract_data.backfill_ranges
    WHERE plan = $1 AND first_ledger BETWEEN $2 AND $3 AND (finished_at IS NOT NULL OR leased_until IS NOT NULL)
    GROUP BY machine ORDER BY machine`,
    range,
  );
  const { rows: faults } = await client.query<FaultRow>(
    `SELECT first_ledger, last_ledger, error_code, error, failed_at IS NOT NULL AS is_given_up
    FROM contract_data.backfill_ranges
    WHERE plan = $1 AND first_ledger BETWEEN $2 AND $3 AND finished_at IS NULL AND error IS NOT NULL ORDER BY first_ledger`,
    range,
  );
  const { rows: ends } = await client.query<EndHashes>(
    `SELECT (array_agg(first_ledger_hash ORDER BY first_ledger))[1] AS first_ledger_hash,
      (array_agg(last_ledger_hash ORDER BY first_ledger DESC))[1] AS last_ledger_hash
    FROM contract_data.backfill_ranges WHERE plan = $1 AND first_ledger BETWEEN $2 AND $3`,
    range,
  );
  const { rows: gaps } = await client.query<GapRow>(
    `SELECT DISTINCT from_ledger, to_ledger, reason FROM contract_data.quarantine JOIN contract_data.ingestion_streams USING (stream_id)
    WHERE name = $1 AND from_ledger BETWEEN $2 AND $3 ORDER BY from_ledger`,
    range,
  );
  const sum = (of: (row: StateRow) => string): number => states.reduce((total, row) => total + Number(of(row)), 0);
  const count = (state: string): number => Number(states.find((row) => row.state === state)?.ranges ?? 0);
  return {
    ...{ plan: plan.plan, source: plan.source },
    first_ledger: Math.min(...states.map((row) => Number(row.first))),
    last_ledger: Math.max(...states.map((row) => Number(row.last))),
    ...ends[0]!,
    ranges: {
      all: sum((row) => row.ranges),
      finished: count('finished'),
      running: count('running'),
      waiting: count('waiting'),
      retrying: count('retrying'),
      failed: count('failed'),
    },
    ledgers: sum((row) => row.ledgers),
    ledgers_finished: Number(states.find((row) => row.state === 'finished')?.ledgers ?? 0),
    rows: sum((row) => row.rows),
    bytes: sum((row) => row.bytes),
    gaps: gaps.map(({ from_ledger: from, to_ledger: to, reason }) => [Number(from), Number(to), reason]),
    machines: machines.map(machineStatus),
    failed: faults.filter((row) => row.is_given_up).map(failedRange),
    retrying: faults.filter((row) => !row.is_given_up).map(failedRange),
  };
}

/** For people. */
export function statusText(status: PlanStatus): string {
  const { ranges, machines, failed, retrying } = status;
  const percent = status.ledgers === 0 ? 100 : (100 * status.ledgers_finished) / status.ledgers;
  const states = (['finished', 'running', 'waiting', 'retrying', 'failed'] as const).map(
    (state) => `${number(ranges[state])} ${state}`,
  );
  const fault = (word: string, range: FailedRange): string =>
    `  ${word} ${range.first_ledger} to ${range.last_ledger}: ${range.code}: ${range.reason}`;
  return [
    `${status.plan}: ledgers ${status.first_ledger} to ${status.last_ledger} of ${status.source}`,
    `  ${percent.toFixed(1)} %: ${number(status.ledgers_finished)} of ${number(status.ledgers)} ledgers, ${number(status.rows)} rows`,
    `  ${number(ranges.all)} ranges: ${states.join(', ')}`,
    ...(status.first_ledger_hash === null ? [] : [`  first ledger's hash ${status.first_ledger_hash}`]),
    ...(status.last_ledger_hash === null ? [] : [`  last ledger's hash  ${status.last_ledger_hash}`]),
    ...machines.map(
      (machine) =>
        `  ${machine.machine}: ${machine.ranges_finished} ranges made, ${machine.ranges_running} at work; ` +
        `${number(machine.ledgers_per_second)} ledgers/s, contracts_per_second ${number(machine.contracts_per_second)}`,
    ),
    ...retrying.map((range) => fault('RETRYING', range)),
    ...failed.map((range) => fault('FAILED', range)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

interface StateRow {
  readonly state: string;
  readonly ranges: string;
  readonly ledgers: string;
  readonly first: string;
  readonly last: string;
  readonly rows: string;
  readonly bytes: string;
}

interface MachineRow {
  readonly machine: string;
  readonly running: string;
  readonly finished: string;
  readonly ledgers: string;
  readonly rows: string;
  readonly seconds: string;
  readonly last_finished_at: Date | null;
}

interface GapRow {
  readonly from_ledger: string;
  readonly to_ledger: string;
  readonly reason: ErrorCode;
}

interface FaultRow {
  readonly first_ledger: string;
  readonly last_ledger: string;
  readonly error_code: string;
  readonly error: string;
  readonly is_given_up: boolean;
}

function machineStatus(row: MachineRow): MachineStatus {
  const seconds = Number(row.seconds);
  const rate = (count: string): number => (seconds > 0 ? Math.round((100 * Number(count)) / seconds) / 100 : 0);
  return {
    machine: row.machine,
    ranges_running: Number(row.running),
    ranges_finished: Number(row.finished),
    ledgers: Number(row.ledgers),
    rows: Number(row.rows),
    seconds,
    ledgers_per_second: rate(row.ledgers),
    contracts_per_second: rate(row.rows),
    last_finished_at: row.last_finished_at?.toISOString() ?? null,
  };
}

function failedRange({ first_ledger, last_ledger, error_code, error }: FaultRow): FailedRange {
  return { first_ledger: Number(first_ledger), last_ledger: Number(last_ledger), code: error_code, reason: error };
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
