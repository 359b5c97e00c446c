/** GET /stats: where every stream and partition stands, for people and scripts. */
import type { Lane } from '../lane.js';
import type { Tallies } from './tally.js';

export interface LaneStats {
  readonly partition: number;
  readonly first_ledger: number;
  /** Null: follows the network. */
  readonly end_ledger: number | null;
  /** Last ledgers received whole, and committed. */
  readonly received_through: number;
  readonly complete_through: number;
  readonly state: string;
  readonly reason?: string;
}

export interface Stats {
  readonly uptime_seconds: number;
  readonly held_bytes: number;
  readonly errors: number;
  readonly streams: readonly {
    readonly table: string;
    readonly watermark: number;
    readonly records_received: number;
    readonly records_inserted: number;
    readonly batches: number;
    readonly partitions: readonly LaneStats[];
  }[];
}

export function stats(lanes: readonly Lane[], tallies: Tallies, errors: number, startedAtMs: number): Stats {
  const tables = [...new Set(lanes.map(({ table }) => table))];
  return {
    uptime_seconds: Math.round(performance.now() - startedAtMs) / 1000,
    held_bytes: lanes.reduce((sum, { heldBytes }) => sum + heldBytes, 0),
    errors,
    streams: tables.map((table) => {
      const { received, inserted, commits } = tallies[table];
      const own = lanes.filter((lane) => lane.table === table);
      return {
        table,
        watermark: watermark(own),
        records_received: received,
        records_inserted: inserted,
        batches: commits,
        partitions: own.map(laneStats),
      };
    }),
  };
}

/** Last ledger such that it and all before it are committed, of lanes in the order of their ledgers; 0 without any. */
export function watermark(lanes: readonly Lane[]): number {
  const unfinished = lanes.find(({ endLedger, completeThrough }) => completeThrough !== endLedger);
  return (unfinished ?? lanes.at(-1))?.completeThrough ?? 0;
}

function laneStats({ partition, endLedger, receivedThrough, completeThrough, state }: Lane): LaneStats {
  return {
    partition: partition.partition,
    first_ledger: partition.firstLedger,
    end_ledger: endLedger === 0 ? null : endLedger,
    received_through: receivedThrough,
    complete_through: completeThrough,
    state: state.kind,
    ...('reason' in state && { reason: state.reason }),
  };
}
