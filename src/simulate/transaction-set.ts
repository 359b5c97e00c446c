/**
 * How a ledger's slots stand in its transaction set, and in which order they are applied.
 *
 * GeneralizedTransactionSet V1 (CAP-42, CAP-63): a classic phase, then a Soroban phase that from protocol 23 on runs
 * in stages of clusters. The classic phase lists its transactions in another order than they are applied in, as real
 * sets (sorted by hash) do.
 */
import { poolsOf } from './pools.js';
import { uint32Bytes } from './uint32-bytes.js';
import { isSoroban, type Slot } from './workload.js';

const BASE_FEE = 100;
const CLUSTERS = 4;

/** Counts and tags, then the envelopes of some slots. */
export interface SetPiece {
  readonly head: Uint32Array;
  readonly slots: readonly Slot[];
}

export interface TransactionSetPlan {
  readonly pieces: readonly SetPiece[];
  readonly applyOrder: readonly Slot[];
}

/** The set of a ledger with these slots; `parallel` says whether its Soroban phase has stages. */
export function transactionSetPlan(slots: readonly Slot[], parallel: boolean): TransactionSetPlan {
  const classic = slots.filter(({ kind }) => !isSoroban(kind));
  const soroban = slots.filter(({ kind }) => isSoroban(kind));
  const classicPiece = piece(uint32Bytes(2), sequentialPhase(classic.length), classic.toReversed());
  if (!parallel) {
    const pieces = [classicPiece, piece(sequentialPhase(soroban.length), uint32Bytes(), soroban)];
    return { pieces, applyOrder: [...classic, ...soroban] };
  }
  const stages = stagesOf(soroban);
  // ParallelTxsComponent: optional base fee, stages.
  let head = uint32Bytes(1, 1, 0, BASE_FEE, stages.length);
  const pieces = [classicPiece];
  for (const clusters of stages) {
    head = Buffer.concat([head, uint32Bytes(clusters.length)]);
    for (const cluster of clusters) {
      pieces.push(piece(head, uint32Bytes(cluster.length), cluster));
      head = uint32Bytes();
    }
  }
  if (stages.length === 0) pieces.push(piece(head, uint32Bytes(), []));
  return { pieces, applyOrder: [...classic, ...stages.flat(2)] };
}

/** TransactionPhase V0: one component with a base fee, or none. */
function sequentialPhase(transactions: number): Buffer {
  return transactions === 0 ? uint32Bytes(0, 0) : uint32Bytes(0, 1, 0, 1, 0, BASE_FEE, transactions);
}

/** Swaps of one pool depend on each other and share a cluster; what administers the assets runs in a later stage. */
function stagesOf(soroban: readonly Slot[]): Slot[][][] {
  const pools = poolsOf(soroban);
  const isLate = ({ kind }: Slot): boolean => kind.periodLedgers === 1;
  return [soroban.filter((slot) => !isLate(slot)), soroban.filter(isLate)]
    .map((stage) =>
      Array.from({ length: CLUSTERS }, (_, cluster) =>
        stage.filter((slot, at) => (pools.get(slot)?.number ?? at) % CLUSTERS === cluster),
      ).filter((cluster) => cluster.length > 0),
    )
    .filter((stage) => stage.length > 0);
}

function piece(before: Buffer, head: Buffer, slots: readonly Slot[]): SetPiece {
  const bytes = Uint8Array.from(Buffer.concat([before, head]));
  return { head: new Uint32Array(bytes.buffer), slots };
}
