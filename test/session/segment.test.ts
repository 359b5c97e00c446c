import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Segment } from '../../src/session/segment.js';
import { Segments } from '../../src/session/segments.js';
import { parseRangeCommand } from '../../src/request/range-request.js';
import type { LedgerChunk, LedgerRange, LedgerSource } from '../../src/source/ledger-source.js';
import { ProcessorError } from '../../workers/errors.js';

const DEFAULTS = {
  networkPassphrase: 'made up',
  batchRows: 10,
  onBadLedger: 'fail',
  filters: {},
  knownAssets: [],
} as const;

const range = (command: object): ReturnType<typeof parseRangeCommand>['range'] =>
  parseRangeCommand(JSON.stringify(command), DEFAULTS).range;

/** Chunks of three ledgers; ledgers 20 to 22 are missing for ever. */
const source: LedgerSource = {
  // eslint-disable-next-line @typescript-eslint/require-await -- an async generator by the interface
  async *ledgers({ startLedger, endLedger }: LedgerRange): AsyncGenerator<LedgerChunk> {
    for (let first = startLedger; first <= endLedger; first += 3) {
      const lastLedger = Math.min(endLedger, first + 2);
      if (first <= 22 && lastLedger >= 20) {
        throw new ProcessorError('SOURCE_GAP', 'missing', { ledger: 20, lastLedger: 22 });
      }
      yield { firstLedger: first, lastLedger, inputs: [], bytes: 0, receivedAtMs: 0 };
    }
  },
};

const signal = new AbortController().signal;

test('a segment ends with the last ledger handed out when it is left, though the source has sent more', async () => {
  const segment = new Segment(range({ start_ledger: 1, end_ledger: 12 }), source);
  const chunks = segment.ledgers({ startLedger: 1, endLedger: 12 }, signal);
  assert.equal(segment.nextLedger, 1);
  await chunks.next();
  await chunks.next();
  assert.equal(segment.nextLedger, 7);
  segment.leave();
  assert.deepEqual(await chunks.next(), { done: true, value: undefined });
  assert.equal(segment.nextLedger, 7);
});

test('ledgers asked for once more come, also when the segment was left, and do not set it back', async () => {
  const segment = new Segment(range({ start_ledger: 1, end_ledger: 12 }), source);
  const chunks = segment.ledgers({ startLedger: 1, endLedger: 12 }, signal);
  await chunks.next();
  await chunks.next();
  segment.leave();
  const again: number[] = [];
  for await (const { firstLedger } of segment.ledgers({ startLedger: 2, endLedger: 2 }, signal))
    again.push(firstLedger);
  assert.deepEqual(again, [2]);
  assert.equal(segment.nextLedger, 7);
});

test('what follows a segment begins behind a gap that was passed', async () => {
  const segment = new Segment(range({ start_ledger: 17, end_ledger: 30 }), source);
  const chunks = segment.ledgers({ startLedger: 17, endLedger: 30 }, signal);
  await chunks.next();
  await assert.rejects(chunks.next(), { code: 'SOURCE_GAP' });
  assert.equal(segment.nextLedger, 23);
});

test('segments follow each other without a gap, whatever comes between two changes', async () => {
  const segments = new Segments(range({ start_ledger: 1, end_ledger: 12 }), source);
  const [one, two, three] = ['1', '2', '3'].map(
    (min_balance) => range({ start_ledger: 1, filters: { min_balance } }).decode,
  );
  const bounds = (): number[][] => segments.ranges.map(({ startLedger, endLedger }) => [startLedger, endLedger]);
  assert.equal(segments.continueWith(one!), 1, 'nothing was handed out: all of it is of the new kind');
  assert.deepEqual(bounds(), [[1, 12]]);
  assert.ok(segments.advance());
  await segments.current.ledgers({ startLedger: 1, endLedger: 12 }, signal).next();
  assert.equal(segments.continueWith(two!), 4);
  assert.equal(segments.continueWith(three!), 4);
  assert.deepEqual(bounds(), [
    [1, 3],
    [4, 12],
  ]);
  assert.ok(segments.advance());
  assert.equal(segments.current.range.decode, three);
  assert.equal(segments.advance(), false);
  const rest = segments.current.ledgers({ startLedger: 4, endLedger: 12 }, signal);
  while ((await rest.next()).done !== true);
  assert.equal(segments.continueWith(one!), undefined, 'no ledger is left');
});
