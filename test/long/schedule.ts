/** Schedules of faults: what goes wrong in one run of the service, as a function of a seed. */
import type { FaultPlan, LedgerFault } from '../../src/ledger-server/faults.js';
import { SERVED_PROTOCOLS, type ServedProtocol } from '../../src/ledger-server/ledger-server.js';
import type { ThreadFault } from '../quarantine/faulty-thread.js';

export const FIRST_LEDGER = 1;
export const LAST_LEDGER = 60;
/** With wide columns, so many ledgers are more than a window of 4 MiB. */
const LAST_SESSION_LEDGER = 120;

export interface ReaderPlan {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
  readonly batchSize: number;
  /** Waited for after each batch. */
  readonly pauseMs: number;
  /** Stands still for `ms` at its batch number `at`. */
  readonly standstill: { readonly at: number; readonly ms: number } | undefined;
  /** Leaves after so many batches, once, and reads on from there. */
  readonly leavesAfter: number | undefined;
}

export interface SessionReaderPlan extends ReaderPlan {
  /** When it attaches, after the session was started. */
  readonly startsAtMs: number;
  /** Begins with the oldest batch held, whichever that is by then, instead of with the session's first ledger. */
  readonly takesWhatIsHeld: boolean;
}

export interface SessionPlan {
  readonly first: number;
  readonly last: number;
  readonly batchSize: number;
  readonly readers: readonly SessionReaderPlan[];
  /** ConfigureFilters: deletions are wanted from then on, or not. */
  readonly filterChanges: readonly { readonly atMs: number; readonly includeDeleted: boolean }[];
  /** StopProcessing. */
  readonly stopsAtMs: number | undefined;
}

export interface Schedule {
  readonly seed: number;
  readonly policy: 'fail' | 'quarantine';
  readonly protocol: ServedProtocol;
  readonly ledgersPerTask: number;
  readonly sourceFaults: Required<Omit<FaultPlan, 'unavailableEvery'>> & { readonly unavailableEvery: number };
  readonly threadFaults: readonly ThreadFault[];
  readonly readers: readonly ReaderPlan[];
  readonly sessions: readonly SessionPlan[];
  /** When the source is killed, and another one takes its port. */
  readonly sourceRestartsAtMs: number | undefined;
  /** When the service is stopped as by SIGTERM, and started again. */
  readonly serviceRestartsAtMs: number | undefined;
}

export function scheduleOf(seed: number): Schedule {
  const random = new Random(seed);
  const ledger = (): number => random.integer(FIRST_LEDGER, LAST_LEDGER);
  const faults = (most: number, alwaysChance: number): LedgerFault[] =>
    Array.from({ length: random.integer(0, most) }, () => ({ ledger: ledger(), always: random.chance(alwaysChance) }));
  const reader = (): ReaderPlan => {
    const [a, b] = [ledger(), ledger()];
    return {
      first: Math.min(a, b),
      last: Math.max(a, b),
      batchSize: random.oneOf(0, 25, 100, 400),
      pauseMs: random.oneOf(0, 0, 1, 3),
      standstill: random.chance(0.2) ? { at: random.integer(1, 5), ms: random.integer(50, 300) } : undefined,
      leavesAfter: random.chance(0.3) ? random.integer(1, 6) : undefined,
    };
  };
  const isRough = random.chance(0.8);
  const ofRanges: Omit<Schedule, 'sessions'> = {
    seed,
    policy: random.oneOf('fail', 'quarantine'),
    protocol: random.oneOf(...SERVED_PROTOCOLS),
    ledgersPerTask: random.oneOf(1, 4, 8, 32),
    sourceFaults: {
      skip: isRough ? faults(3, 0.3) : [],
      repeat: isRough ? faults(3, 0.3) : [],
      conflict: random.chance(0.1) ? faults(1, 0) : [],
      reorder: isRough ? faults(3, 0) : [],
      corrupt: random.chance(0.4) ? faults(2, 0.5) : [],
      hangAfter: random.chance(0.4) ? faults(1, 0) : [],
      unavailableEvery: random.oneOf(Infinity, Infinity, 40, 13, 5),
    },
    threadFaults: random.chance(0.4)
      ? Array.from({ length: random.integer(1, 2) }, () => ({
          ledger: ledger(),
          kind: random.chance(0.15) ? 'loop' : 'crash',
          times: random.oneOf(1, 1, 2, 1_000),
        }))
      : [],
    readers: Array.from({ length: random.integer(1, 3) }, reader),
    sourceRestartsAtMs: random.chance(0.3) ? random.integer(0, 300) : undefined,
    serviceRestartsAtMs: random.chance(0.3) ? random.integer(0, 400) : undefined,
  };
  // Drawn last, so that what is said of a seed stays true of its ranges.
  const session = (): SessionPlan => {
    const first = random.integer(FIRST_LEDGER, LAST_LEDGER);
    const last = random.integer(first, LAST_SESSION_LEDGER);
    const batchSize = random.oneOf(0, 25, 60);
    const sessionReader = (): SessionReaderPlan => ({
      first,
      last,
      batchSize,
      pauseMs: random.oneOf(0, 0, 1, 5),
      standstill: random.chance(0.4) ? { at: random.integer(1, 5), ms: random.integer(50, 800) } : undefined,
      leavesAfter: random.chance(0.3) ? random.integer(1, 6) : undefined,
      startsAtMs: random.oneOf(0, 0, 20, 200),
      takesWhatIsHeld: random.chance(0.2),
    });
    return {
      first,
      last,
      batchSize,
      readers: Array.from({ length: random.integer(1, 3) }, sessionReader),
      filterChanges: Array.from({ length: random.oneOf(0, 0, 1, 2) }, () => ({
        atMs: random.integer(0, 200),
        includeDeleted: random.chance(0.5),
      })),
      stopsAtMs: random.chance(0.3) ? random.integer(0, 400) : undefined,
    };
  };
  return { ...ofRanges, sessions: Array.from({ length: random.oneOf(0, 1, 1, 2) }, session) };
}

/** Mulberry32: small, and the same on every machine. */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed, 0x9e3779b1) >>> 0;
  }

  /** 0 up to 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both inclusive. */
  integer(lowest: number, highest: number): number {
    return lowest + Math.floor(this.next() * (highest - lowest + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  oneOf<const T>(...choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)]!;
  }
}
