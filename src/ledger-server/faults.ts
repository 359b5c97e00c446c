/** What real sources do wrong, done on purpose: a layer between a store and its streams, for tests of what reads them. */
import { status } from '@grpc/grpc-js';
import { aborted } from './aborted.js';
import type { StoredLedgers } from './ledger-store.js';
import { StreamFailure } from './stream-failure.js';

/** At a ledger, or the data lake object that holds it: the first time that it comes up in any stream, or always. */
export interface LedgerFault {
  readonly ledger: number;
  readonly always: boolean;
}

export interface FaultPlan {
  /** Left out. */
  readonly skip?: readonly LedgerFault[];
  /** Sent twice. */
  readonly repeat?: readonly LedgerFault[];
  /** Sent twice, the second time with other bytes. */
  readonly conflict?: readonly LedgerFault[];
  /** Sent after the one that follows it. */
  readonly reorder?: readonly LedgerFault[];
  /** Sent without its second half. */
  readonly corrupt?: readonly LedgerFault[];
  /** Followed by nothing more in its stream, which stays open. */
  readonly hangAfter?: readonly LedgerFault[];
  /** Each stream fails with UNAVAILABLE after this many ledgers. */
  readonly unavailableEvery?: number;
}

type FaultKind = Exclude<keyof FaultPlan, 'unavailableEvery'>;

export class Faults {
  private readonly plan: FaultPlan;
  private readonly done = new Set<LedgerFault>();

  constructor(plan: FaultPlan) {
    this.plan = plan;
  }

  /** The ledgers of one stream with the faults in them. Throws a {@link StreamFailure}; `signal` ends a hanging one. */
  async *in(
    ledgers: AsyncIterable<StoredLedgers>,
    signal: AbortSignal,
  ): AsyncGenerator<StoredLedgers, void, undefined> {
    const { unavailableEvery = Infinity } = this.plan;
    let sent = 0;
    let overtaken: StoredLedgers | undefined;
    for await (const stored of ledgers) {
      if (this.strikes('skip', stored)) continue;
      if (overtaken === undefined && this.strikes('reorder', stored)) {
        overtaken = stored;
        continue;
      }
      for (const copy of [...this.copies(stored), ...(overtaken === undefined ? [] : [overtaken])]) {
        if (sent >= unavailableEvery)
          throw new StreamFailure(status.UNAVAILABLE, `after ${sent} ledgers, as configured`);
        yield copy;
        sent += copy.last - copy.first + 1;
      }
      overtaken = undefined;
      if (this.strikes('hangAfter', stored)) await aborted(signal);
    }
    if (overtaken !== undefined) yield overtaken;
  }

  private copies(stored: StoredLedgers): StoredLedgers[] {
    const { bytes } = stored;
    const sent = this.strikes('corrupt', stored) ? { ...stored, bytes: bytes.subarray(0, bytes.length >>> 1) } : stored;
    if (this.strikes('conflict', stored)) return [sent, { ...stored, bytes: withLastByteChanged(bytes) }];
    return this.strikes('repeat', stored) ? [sent, sent] : [sent];
  }

  private strikes(kind: FaultKind, { first, last }: StoredLedgers): boolean {
    const fault = this.plan[kind]?.find((one) => first <= one.ledger && one.ledger <= last && !this.done.has(one));
    if (fault === undefined) return false;
    if (!fault.always) this.done.add(fault);
    return true;
  }
}

function withLastByteChanged(bytes: Uint8Array): Uint8Array {
  const changed = new Uint8Array(bytes);
  changed[changed.length - 1]! ^= 1;
  return changed;
}
