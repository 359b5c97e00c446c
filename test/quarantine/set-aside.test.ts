/** The worker's part: what is set aside of a task, and that all the rest of it is decoded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRowRequest } from '../../src/request/row-request.js';
import type { LedgerGap } from '../../src/stream/app-metadata.js';
import { BatchAssembler } from '../../src/stream/batches.js';
import { LedgerDecoder } from '../../workers/decode.js';
import type { DecodeInput, DecodeResult } from '../../workers/decode-result.js';
import { rowsOf } from '../support/decode-rows.js';
import { expectedRows, ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';

const FIRST = 30;
const COUNT = 8;
const sequences = Array.from({ length: COUNT }, (_, i) => FIRST + i);
const lenient = new LedgerDecoder(parseRowRequest({ on_bad_ledger: 'quarantine' }, PASSPHRASE));
const strict = new LedgerDecoder(parseRowRequest({}, PASSPHRASE));

/** What may be wrong with a ledger. `hides`: nobody can tell where it ends. */
const DAMAGE = {
  none: { hides: false, damage: (bytes: Buffer) => bytes },
  cut: { hides: true, damage: (bytes: Buffer) => bytes.subarray(0, bytes.length >>> 1) },
  unknownArm: { hides: true, damage: (bytes: Buffer) => Buffer.concat([Buffer.of(0, 0, 0, 9), bytes.subarray(4)]) },
  another: { hides: false, damage: () => ledgerBytes(FIRST + 50) },
} as const;
type Damage = keyof typeof DAMAGE;

const damages = fc.array(fc.constantFrom<Damage>('none', 'none', 'none', 'cut', 'unknownArm', 'another'), {
  minLength: COUNT,
  maxLength: COUNT,
});

function batchOf(ledgers: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(FIRST, 0);
  head.writeUInt32BE(FIRST + COUNT - 1, 4);
  head.writeUInt32BE(COUNT, 8);
  return Buffer.concat([head, ...ledgers]);
}

function damaged(kinds: readonly Damage[]): Buffer[] {
  return kinds.map((kind, i) => DAMAGE[kind].damage(ledgerBytes(FIRST + i)));
}

function check(result: DecodeResult, good: readonly number[], bad: readonly number[]): void {
  assert.equal(result.error, undefined);
  const setAside = (result.bad ?? []).flatMap(({ firstLedger, lastLedger }) =>
    Array.from({ length: lastLedger - firstLedger + 1 }, (_, i) => firstLedger + i),
  );
  assert.deepEqual(setAside, bad);
  assert.deepEqual(
    result.ledgers.map(({ sequence }) => sequence),
    good,
  );
  for (const ledger of result.ledgers) {
    assert.deepEqual(rowsOf(ledger, { passphrase: PASSPHRASE }), expectedRows(ledger.sequence, ledger.sequence));
  }
}

test('of ledgers one by one, exactly the damaged ones are set aside, with the bytes they came as', () => {
  fc.assert(
    fc.property(damages, (kinds) => {
      const inputs = damaged(kinds).map((bytes, i): DecodeInput => ({ bytes, form: 'ledger', sequence: FIRST + i }));
      const result = lenient.decode(inputs);
      const isGood = (sequence: number): boolean => kinds[sequence - FIRST] === 'none';
      check(
        result,
        sequences.filter(isGood),
        sequences.filter((sequence) => !isGood(sequence)),
      );
      for (const { firstLedger, input } of result.bad ?? []) assert.deepEqual(input, inputs[firstLedger - FIRST]);
    }),
    { numRuns: 40 },
  );
});

test('of a batch, all that is wanted behind a ledger without an end is set aside with it, and gives the same again', () => {
  const wanted = fc.tuple(fc.nat(COUNT - 1), fc.nat(COUNT - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  fc.assert(
    fc.property(damages, wanted, (kinds, [from, to]) => {
      const [firstLedger, lastLedger] = [FIRST + from!, FIRST + to!];
      const bytes = batchOf(damaged(kinds));
      const input: DecodeInput = { bytes, form: 'batch', sequence: FIRST, firstLedger, lastLedger };
      const hider = kinds.findIndex((kind) => DAMAGE[kind].hides);
      const isWanted = (sequence: number): boolean => sequence >= firstLedger && sequence <= lastLedger;
      const isGood = (sequence: number): boolean =>
        kinds[sequence - FIRST] === 'none' && (hider === -1 || sequence < FIRST + hider);
      const good = sequences.filter((sequence) => isWanted(sequence) && isGood(sequence));
      const bad = sequences.filter((sequence) => isWanted(sequence) && !isGood(sequence));
      const result = lenient.decode([input]);
      check(result, good, bad);

      const again = lenient.decode((result.bad ?? []).map((set) => set.input!));
      check(again, [], bad);
    }),
    { numRuns: 60 },
  );
});

test('a strict request stops at the first damaged ledger, behind those before it', () => {
  fc.assert(
    fc.property(damages, (kinds) => {
      const first = kinds.findIndex((kind) => kind !== 'none');
      const result = strict.decode([{ bytes: batchOf(damaged(kinds)), form: 'batch', sequence: FIRST }]);
      assert.equal(result.bad, undefined);
      assert.equal(result.error === undefined, first === -1);
      assert.equal(result.ledgers.length, first === -1 ? COUNT : first);
    }),
    { numRuns: 20 },
  );
});

test('a batch that ends before the ledgers that the source says it has does not lose them in silence', () => {
  const bytes = batchOf(damaged(sequences.map(() => 'none')));
  const input: DecodeInput = { bytes, form: 'batch', sequence: FIRST, firstLedger: FIRST, lastLedger: FIRST + 20 };
  assert.equal(strict.decode([input]).error?.code, 'LEDGER_MISMATCH');
  const [bad] = lenient.decode([input]).bad!;
  assert.deepEqual([bad!.firstLedger, bad!.lastLedger], [FIRST, FIRST + 20]);
});

test('a wrong passphrase is no bad ledger', () => {
  const elsewhere = new LedgerDecoder(parseRowRequest({ on_bad_ledger: 'quarantine' }, 'another network'));
  const result = elsewhere.decode([{ bytes: ledgerBytes(FIRST), form: 'ledger', sequence: FIRST }]);
  assert.equal(result.error?.code, 'PASSPHRASE_MISMATCH');
  assert.equal(result.bad, undefined);
});

test('gaps that touch, for the same reason, are told as one; batches tell of all of them, a bounded number each', () => {
  const assembler = new BatchAssembler([], 100);
  const batches = [
    ...assembler.pass(1, 5, 'SOURCE_GAP'),
    ...assembler.pass(6, 6, 'SOURCE_GAP'),
    ...assembler.pass(7, 7, 'LEDGER_INVALID'),
    ...assembler.flush(),
  ];
  assert.deepEqual(batches, [
    {
      firstLedger: 1,
      lastLedger: 7,
      rows: 0,
      message: undefined,
      blocks: [],
      heldBytes: 0,
      gaps: [
        [1, 6, 'SOURCE_GAP'],
        [7, 7, 'LEDGER_INVALID'],
      ],
    },
  ]);

  const many = Array.from({ length: 1_000 }, (_, i): LedgerGap => [
    i + 1,
    i + 1,
    i % 2 ? 'LEDGER_INVALID' : 'SOURCE_GAP',
  ]);
  const told = [...many.flatMap(([from, to, reason]) => assembler.pass(from, to, reason)), ...assembler.flush()];
  assert.deepEqual(
    told.flatMap(({ gaps }) => gaps ?? []),
    many,
  );
  assert.ok(told.every(({ gaps }) => gaps!.length <= 256));
});
