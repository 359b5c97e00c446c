import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Cursor, entryBytes, Window, type WindowEntry } from '../../src/session/window.js';

function entryOf(ledger: number, bytes: number, piece?: [piece: number, pieces: number]): WindowEntry {
  const [number, of] = piece ?? [1, 1];
  return {
    batch: {
      rows: 1,
      metadata: new Uint8Array(0),
      body: new Uint8Array(bytes),
      layout: new Int32Array(0),
    },
    progress: {
      v: 1,
      first_ledger: ledger,
      last_ledger: ledger,
      complete_through: number === of ? ledger : ledger - 1,
      rows: 1,
      ...(piece && { piece: number, pieces: of }),
    },
    isDelivered: false,
  };
}

function quietEntry(first: number, last: number): WindowEntry {
  const progress = { v: 1, first_ledger: first, last_ledger: last, complete_through: last, rows: 0 } as const;
  return { batch: undefined, progress, isDelivered: false };
}

/** A reader that checks that nothing is missing from what it takes. */
class ModelReader {
  readonly cursor: Cursor;
  private expected: number;
  private readonly window: Window;

  constructor(window: Window) {
    this.window = window;
    this.expected = window.retainedFrom ?? -1;
    this.cursor = window.attach();
  }

  take(): void {
    const entry = this.window.entryAt(this.cursor.next);
    if (entry === undefined) return;
    if (this.expected === -1) this.expected = entry.progress.first_ledger;
    assert.equal(entry.progress.first_ledger, this.expected);
    this.expected += 1;
    this.cursor.next += 1;
  }

  settle(): void {
    if (this.cursor.taken === this.cursor.next) return;
    this.window.deliver(this.window.entryAt(this.cursor.taken)!);
    this.cursor.taken += 1;
  }
}

test('whatever readers do, each gets every ledger from its first on, and the window keeps within its bound', () => {
  const CAPACITY = 10_000;
  const action = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const), bytes: fc.nat(6000) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('take', 'settle'), reader: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('attach', 'detach'), reader: fc.nat(3) }) },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const window = new Window(1);
      const readers = new Map<number, ModelReader>();
      let ledger = 1;
      for (const step of actions) {
        if (step.kind === 'push') {
          const before = window.end;
          const oldest = window.retainedFrom;
          const entry = entryOf(ledger, step.bytes);
          if (!window.makeRoom(entryBytes(entry), CAPACITY)) {
            const isHeldBack = readers.size === 0 || [...readers.values()].some(({ cursor }) => window.isLast(cursor));
            assert.ok(isHeldBack, 'refused though it could have released');
            continue;
          }
          if (readers.size === 0) assert.equal(window.retainedFrom, oldest, 'released with nobody reading');
          window.push(entry);
          ledger += 1;
          assert.equal(window.end, before + 1);
          assert.ok(window.bytes <= CAPACITY || window.entryAt(window.end - 3) === undefined);
        } else if (step.kind === 'attach') {
          if (!readers.has(step.reader)) readers.set(step.reader, new ModelReader(window));
        } else if (step.kind === 'detach') {
          const reader = readers.get(step.reader);
          if (reader) window.detach(reader.cursor);
          readers.delete(step.reader);
        } else if (step.kind === 'take') readers.get(step.reader)?.take();
        else readers.get(step.reader)?.settle();
      }
    }),
    { numRuns: 300 },
  );
});

test('delivered is what some reader has, up to the first gap', () => {
  const window = new Window(10);
  for (let ledger = 10; ledger < 15; ledger += 1) window.push(entryOf(ledger, 1));
  assert.equal(window.deliveredThrough, 9);
  assert.equal(window.deliver(window.entryAt(1)!), true);
  assert.equal(window.deliveredThrough, 9);
  assert.equal(window.deliver(window.entryAt(0)!), true);
  assert.equal(window.deliver(window.entryAt(0)!), false, 'counted twice');
  assert.equal(window.deliveredThrough, 11);
  assert.equal(window.undeliveredFrom, 12);
});

test('a reader does not begin in the middle of a ledger whose first pieces are gone', () => {
  const window = new Window(7);
  const first = window.attach();
  for (let piece = 1; piece <= 3; piece += 1) window.push(entryOf(7, 100, [piece, 4]));
  first.next = first.taken = 2;
  window.shrink(0);
  assert.equal(window.retainedFrom, 8, 'before the ledger’s last piece has come');
  const late = window.attach();
  window.push(entryOf(7, 100, [4, 4]));
  assert.equal(window.retainedFrom, 8);
  window.push(entryOf(8, 100));
  assert.equal(window.retainedFrom, 8);
  assert.equal(window.entryAt(window.attach().next)!.progress.first_ledger, 8);
  assert.ok(late.next <= window.end);
});

test('ledgers without rows share an entry, until a reader has seen it or it says more', () => {
  const window = new Window(1);
  window.push(quietEntry(1, 1));
  window.push(quietEntry(2, 5));
  assert.equal(window.end, 1);
  assert.deepEqual(window.entryAt(0)!.progress, quietEntry(1, 5).progress);
  const cursor = window.attach();
  cursor.next += 1;
  window.push(quietEntry(6, 6));
  assert.equal(window.end, 2);
  const end = quietEntry(7, 7);
  window.push({ ...end, progress: { ...end.progress, end: 'complete' } });
  assert.equal(window.end, 3);
  assert.equal(window.bytes, 3 * entryBytes(end));
});
