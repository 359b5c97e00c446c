import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CommitBuffer, type CommitPart } from '../../src/consumer/commit-buffer.js';
import type { Commit } from '../../src/consumer/commit.js';

/** A part of `rows` rows whose bytes say which ledger they are of. */
function part(completeThrough: number, rows: number, mark = completeThrough): CommitPart {
  return { bytes: Buffer.alloc(rows, mark), rows, completeThrough, gaps: [], lastClosedAtMs: completeThrough };
}

const limits = { rows: 10, bytes: 1_000_000, intervalMs: 60_000 };

async function drain(buffer: CommitBuffer): Promise<Commit[]> {
  const commits: Commit[] = [];
  for (let commit = await buffer.take(); commit !== undefined; commit = await buffer.take()) commits.push(commit);
  return commits;
}

/** Whether a promise is still pending once all that could settle it has run. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const later = new Promise((resolve) => setImmediate(resolve, pending));
  return (await Promise.race([promise, later])) === pending;
}

test('whatever comes, commits are of whole ledgers, follow one another, and have every byte once', async () => {
  const ledger = fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(ledger, { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), async (ledgers, rows) => {
      const buffer = new CommitBuffer(99, { ...limits, rows });
      const writing = drain(buffer);
      for (const [i, pieces] of ledgers.entries()) {
        for (const [n, count] of pieces.entries()) {
          await buffer.add(part(n === pieces.length - 1 ? 100 + i : 99 + i, count, 100 + i));
        }
      }
      buffer.close();
      const commits = await writing;
      let next = 100;
      for (const { from, to, chunks, rows: count, bytes } of commits) {
        assert.equal(from, next);
        assert.ok(to >= from);
        next = to + 1;
        const marks = [...Buffer.concat(chunks)];
        const expected = ledgers.flatMap((pieces, i) => {
          const of = 100 + i >= from && 100 + i <= to ? pieces : [];
          return of.flatMap((n) => Array.from({ length: n }, () => 100 + i));
        });
        assert.deepEqual(marks, expected);
        assert.equal(count, expected.length);
        assert.equal(bytes, expected.length);
      }
      assert.equal(next, 100 + ledgers.length);
    }),
  );
});

test('a full buffer makes its reader wait until a commit is taken', async () => {
  const buffer = new CommitBuffer(0, limits);
  await buffer.add(part(1, 6));
  const second = buffer.add(part(2, 6));
  assert.ok(await isPending(second));
  const commit = await buffer.take();
  assert.deepEqual([commit?.from, commit?.to, commit?.rows], [1, 2, 12]);
  await second;
  assert.equal(buffer.heldBytes, 0);
});

test('a writer that has nothing to do is given an eighth of a commit at once', async () => {
  const buffer = new CommitBuffer(0, { ...limits, rows: 80 });
  const taken = buffer.take();
  await buffer.add(part(1, 9));
  assert.ok(await isPending(taken));
  await buffer.add(part(2, 1));
  assert.equal((await taken)?.rows, 10);
});

test('the limit of bytes makes it full as well', async () => {
  const buffer = new CommitBuffer(0, { ...limits, rows: 1000, bytes: 10 });
  const added = buffer.add(part(1, 12));
  assert.ok(await isPending(added));
  assert.equal((await buffer.take())?.to, 1);
  await added;
});

test('a ledger larger than every limit waits for its last piece, and then goes at once', async () => {
  const buffer = new CommitBuffer(0, limits);
  await buffer.add(part(0, 20, 1));
  await buffer.add(part(0, 20, 1));
  const taken = buffer.take();
  assert.ok(await isPending(taken));
  const last = buffer.add(part(1, 5));
  assert.equal((await taken)?.rows, 45);
  await last;
});

test('pieces of a ledger that was broken off are forgotten, and whole ledgers before it are not', async () => {
  const buffer = new CommitBuffer(0, limits);
  await buffer.add(part(1, 3));
  await buffer.add(part(1, 4, 2));
  buffer.dropPieces();
  assert.equal(buffer.completeThrough, 1);
  await buffer.add(part(2, 5));
  buffer.close();
  const commits = await drain(buffer);
  assert.deepEqual(
    commits.map(({ from, to, rows }) => [from, to, rows]),
    [[1, 2, 8]],
  );
});

test('what is not enough is due when it has waited for the interval, also ledgers without rows', async () => {
  const buffer = new CommitBuffer(4, { ...limits, rows: 100, intervalMs: 30 });
  const startedAt = performance.now();
  await buffer.add(part(6, 0));
  const commit = await buffer.take();
  assert.ok(performance.now() - startedAt >= 29);
  assert.deepEqual([commit?.from, commit?.to, commit?.rows], [5, 6, 0]);
});

test('gaps go with the ledgers that they are among', async () => {
  const buffer = new CommitBuffer(0, limits);
  await buffer.add({ ...part(3, 0), gaps: [[2, 3, 'LEDGER_INVALID']] });
  buffer.close();
  const [commit] = await drain(buffer);
  assert.deepEqual(commit?.gaps, [[2, 3, 'LEDGER_INVALID']]);
});

test('closed with nothing whole in it, it has nothing to commit', async () => {
  const buffer = new CommitBuffer(0, limits);
  await buffer.add(part(0, 4, 1));
  buffer.close();
  assert.deepEqual(await drain(buffer), []);
});
