/**
 * One group of ledgers through the decode pool. A group whose worker failed is decoded again, ledger by ledger; ledgers
 * that the source lacks take their place among the decoded ones.
 */
import {
  type BadLedgers,
  blocksOf,
  type DecodedLedger,
  type DecodeResult,
  type LedgerChecksum,
} from '../../workers/decode-result.js';
import { asProcessorError, type PlainError } from '../../workers/errors.js';
import { heldBytes } from '../../workers/ipc.js';
import type { DecodePool } from '../pool/decode-pool.js';
import { decodeIsolated, isWorkerFault } from '../quarantine/isolated-decode.js';
import type { RangeRequest } from '../request/range-request.js';
import type { LedgerSource } from '../source/ledger-source.js';
import type { ChunkGroup } from './decode-groups.js';
import type { StreamMemory } from './memory-shares.js';
import { LARGE_BYTES, type RowGrowth } from './row-growth.js';

export type LedgerOutcome = DecodedLedger | BadLedgers;

export interface DecodedGroup {
  /** What became of its ledgers: in order, without a hole, up to the one that `error` is about. */
  readonly outcomes: LedgerOutcome[];
  readonly error: PlainError | undefined;
  readonly checksums: readonly LedgerChecksum[];
  /** How many ledgers it is of. */
  readonly ledgers: number;
  readonly receivedAtMs: number;
}

interface DecodeParts {
  readonly source: LedgerSource;
  readonly pool: DecodePool;
  readonly memory: StreamMemory;
  readonly growth: RowGrowth;
}

/** From then on `parts.memory` holds the outcomes instead of the chunks. Never rejects for what one ledger holds. */
export async function decodeGroup(
  group: ChunkGroup,
  range: RangeRequest,
  parts: DecodeParts,
  signal: AbortSignal,
): Promise<DecodedGroup> {
  const first = group[0]!;
  const last = group.at(-1)!;
  const result = await decode(group, range, parts, signal);
  const outcomes = [...result.ledgers, ...(result.bad ?? [])];
  const rowBytes = outcomes.reduce((sum, outcome) => sum + outcomeBytes(outcome), 0);
  parts.memory.decoded(sumOf(group, 'heldBytes'), rowBytes);
  if (group.some(({ bytes }) => bytes > LARGE_BYTES)) parts.memory.largeDone();
  parts.growth.learn(sumOf(group, 'bytes'), rowBytes);
  return {
    ...inPlace(group, result),
    checksums: result.checksums ?? [],
    ledgers: last.lastLedger - first.firstLedger + 1,
    receivedAtMs: first.receivedAtMs,
  };
}

function sumOf(group: ChunkGroup, bytes: 'bytes' | 'heldBytes'): number {
  return group.reduce((sum, chunk) => sum + chunk[bytes], 0);
}

/** Bytes held by what became of ledgers. */
export function outcomeBytes(outcome: LedgerOutcome): number {
  if ('blocks' in outcome) return blocksOf(outcome).reduce((sum, block) => sum + heldBytes(block), 0);
  return outcome.input?.bytes.byteLength ?? 0;
}

async function decode(
  group: ChunkGroup,
  range: RangeRequest,
  { source, pool }: DecodeParts,
  signal: AbortSignal,
): Promise<DecodeResult> {
  const inputs = group.flatMap((chunk) => chunk.inputs);
  if (inputs.length === 0) return { ledgers: [] };
  const what = `ledgers ${group[0]!.firstLedger} to ${group.at(-1)!.lastLedger}`;
  try {
    return await pool.run({ request: JSON.stringify(range.decode), inputs }, what);
  } catch (error) {
    if (!isWorkerFault(asProcessorError(error))) throw error;
    const ledgers = group.filter(({ missing }) => missing === undefined).flatMap(sequencesOf);
    return await decodeIsolated(ledgers, { source, pool, request: range.decode }, signal);
  }
}

function sequencesOf({ firstLedger, lastLedger }: ChunkGroup[number]): number[] {
  return Array.from({ length: lastLedger - firstLedger + 1 }, (_, i) => firstLedger + i);
}

/** Outcomes in the order of the ledgers. What is behind a hole is left out: there, something failed. */
function inPlace(group: ChunkGroup, result: DecodeResult): Pick<DecodedGroup, 'outcomes' | 'error'> {
  const missing = group.flatMap(({ missing: error, firstLedger, lastLedger }): BadLedgers[] =>
    error === undefined ? [] : [{ firstLedger, lastLedger, error, input: undefined }],
  );
  const all: LedgerOutcome[] = [...result.ledgers, ...(result.bad ?? []), ...missing];
  all.sort((a, b) => firstOf(a) - firstOf(b));
  let due = group[0]!.firstLedger;
  const hole = all.findIndex((outcome) => {
    if (firstOf(outcome) !== due) return true;
    due = lastOf(outcome) + 1;
    return false;
  });
  const outcomes = hole === -1 ? all : all.slice(0, hole);
  const isWhole = due === group.at(-1)!.lastLedger + 1;
  // The guard against all defects that would lose a ledger in silence.
  const lost: PlainError = { code: 'INTERNAL', message: `ledger ${due} was lost on its way`, place: { ledger: due } };
  return { outcomes, error: result.error ?? (isWhole ? undefined : lost) };
}

/** The first ledger that an outcome is of. */
export function firstOf(outcome: LedgerOutcome): number {
  return 'blocks' in outcome ? outcome.sequence : outcome.firstLedger;
}

function lastOf(outcome: LedgerOutcome): number {
  return 'blocks' in outcome ? outcome.sequence : outcome.lastLedger;
}
