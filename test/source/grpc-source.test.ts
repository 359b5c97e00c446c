import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SERVED_PROTOCOLS, type ServedProtocol } from '../../src/ledger-server/ledger-server.js';
import type { LedgerRange } from '../../src/source/ledger-source.js';
import { transferable } from '../../src/pool/transfer.js';
import { ProcessorError } from '../../workers/errors.js';
import {
  impatientSource,
  lastLedgerOf,
  madeUpLedger,
  madeUpStore,
  quiet,
  readRange,
  recorder,
  serve,
} from './made-up-ledgers.js';

const once = (ledger: number): { ledger: number; always: boolean } => ({ ledger, always: false });
const always = (ledger: number): { ledger: number; always: boolean } => ({ ledger, always: true });

for (const protocol of SERVED_PROTOCOLS) {
  const protocols: ServedProtocol[] = [protocol];

  describe(`from a source that serves only ${protocol}`, () => {
    test('a range comes whole, in order, and ends at its own end', async (t) => {
      const { target } = await serve(t, { protocols });
      const { observer, reasons, counts } = recorder();
      const chunks = await readRange(impatientSource({ target, observer }), { startLedger: 5, endLedger: 100 });
      assert.equal(lastLedgerOf(chunks), 100);
      assert.equal(chunks[0]!.inputs[0]!.form, protocol === 'chunks' ? 'batch' : 'ledger');
      assert.deepEqual(reasons, []);
      assert.equal(counts.ledgers, 96);
      assert.equal(
        counts.bytes,
        chunks.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    });

    test('a range of one ledger comes', async (t) => {
      const { target } = await serve(t, { protocols });
      const chunks = await readRange(impatientSource({ target }), { startLedger: 9, endLedger: 9 });
      assert.equal(lastLedgerOf(chunks), 9);
    });

    test('a ledger that was skipped is asked for again', async (t) => {
      const { target } = await serve(t, { protocols, faults: { skip: [once(8), once(40)] } });
      const { observer, reasons } = recorder();
      const chunks = await readRange(impatientSource({ target, observer }), { startLedger: 1, endLedger: 60 });
      assert.equal(lastLedgerOf(chunks), 60);
      // Chunks ahead of the consumer may meet both skips in one stream.
      assert.ok(reasons.length >= 1 && reasons.every((reason) => reason === 'gap'));
    });

    test('a ledger that is always skipped is an error that names it, after five more attempts', async (t) => {
      const { target } = await serve(t, { protocols, faults: { skip: [always(8), always(9)] } });
      const { observer, reasons } = recorder();
      const source = impatientSource({ target, observer });
      await assert.rejects(readRange(source, { startLedger: 1, endLedger: 30 }), (error) => {
        assert.ok(error instanceof ProcessorError);
        assert.match(error.message, /ledgers 8 to 9 are missing .* asked 6 times/);
        assert.deepEqual(error.place, { ledger: 8, lastLedger: 9 });
        return true;
      });
      assert.deepEqual(reasons, ['gap', 'gap', 'gap', 'gap', 'gap']);
    });

    test('a repeated ledger is dropped and counted', async (t) => {
      const { target } = await serve(t, { protocols, faults: { repeat: [once(8), once(12)] } });
      const { observer, reasons, counts } = recorder();
      const chunks = await readRange(impatientSource({ target, observer }), { startLedger: 8, endLedger: 30 });
      assert.equal(lastLedgerOf(chunks), 30);
      assert.deepEqual(reasons, []);
      assert.equal(counts.repeated, 2);
    });

    test('ledgers in the wrong order are put right without a new connection', async (t) => {
      const { target } = await serve(t, { protocols, faults: { reorder: [once(1), once(8), once(20)] } });
      const { observer, reasons } = recorder();
      const chunks = await readRange(impatientSource({ target, observer }), { startLedger: 1, endLedger: 30 });
      assert.equal(lastLedgerOf(chunks), 30);
      assert.deepEqual(reasons, []);
    });

    test('a source that hangs is given up and asked for the exact next ledger', async (t) => {
      const { target } = await serve(t, { protocols, faults: { hangAfter: [once(8)] } });
      const { observer, reasons } = recorder();
      const source = impatientSource({ target, observer, idleTimeoutMs: 100 });
      const chunks = await readRange(source, { startLedger: 1, endLedger: 30 });
      assert.equal(lastLedgerOf(chunks), 30);
      assert.deepEqual(reasons, ['idle']);
    });

    test('UNAVAILABLE every few ledgers costs no ledger', async (t) => {
      const { target } = await serve(t, { protocols, faults: { unavailableEvery: 7 } });
      const { observer, reasons, errors } = recorder();
      const chunks = await readRange(impatientSource({ target, observer }), { startLedger: 1, endLedger: 30 });
      assert.equal(lastLedgerOf(chunks), 30);
      assert.ok(reasons.length >= 4 && reasons.every((reason) => reason === 'failed'));
      assert.match(errors[0]!, /^UNAVAILABLE: after 7 ledgers/);
    });

    test('ledgers of 5 and 40 MB pass, on buffers that can be transferred', async (t) => {
      const large = new Map([3, 4].map((n) => [n, Buffer.alloc(n === 3 ? 5_000_000 : 40_000_000, n)]));
      const ledger = (sequence: number): Uint8Array => large.get(sequence) ?? madeUpLedger(sequence);
      const { target } = await serve(t, { protocols, store: madeUpStore(10, ledger) });
      const chunks = await readRange(impatientSource({ target }), { startLedger: 1, endLedger: 5 }, ledger);
      assert.equal(lastLedgerOf(chunks), 5);
      const sent = chunks.map((chunk) => chunk.inputs[0]!.bytes).filter((bytes) => bytes.byteLength > 4_000_000);
      assert.equal(sent.length, 2);
      for (const bytes of sent) assert.equal(transferable(bytes).buffer, bytes.buffer);
    });

    test('a large ledger is received when there is room for it, and not before', async (t) => {
      const large = Buffer.alloc(20_000_000, 3);
      const ledger = (sequence: number): Uint8Array => (sequence === 3 ? large : madeUpLedger(sequence));
      const { target } = await serve(t, { protocols, store: madeUpStore(10, ledger) });
      const { observer, counts } = recorder();
      const asked: [bytes: number, receivedLedgers: number][] = [];
      const room = {
        async forLarge(bytes: number): Promise<void> {
          await quiet(100);
          asked.push([bytes, counts.ledgers!]);
        },
      };
      const source = impatientSource({ target, observer });
      const read = { ledgers: (range: LedgerRange, signal: AbortSignal) => source.ledgers(range, signal, room) };
      const chunks = await readRange(read, { startLedger: 1, endLedger: 5 }, ledger);
      assert.equal(lastLedgerOf(chunks), 5);
      assert.equal(asked.length, 1);
      const [bytes, receivedLedgers] = asked[0]!;
      assert.ok(bytes > large.length && bytes < large.length + 1000);
      assert.equal(receivedLedgers, 2);
    });

    test('a consumer that stands still stops the source', async (t) => {
      let made = 0;
      const ledger = (sequence: number): Uint8Array => {
        made = Math.max(made, sequence);
        return Buffer.alloc(1_000_000, sequence);
      };
      const { target } = await serve(t, { protocols, store: madeUpStore(10_000, ledger) });
      const stop = new AbortController();
      let madeWhileStill = 0;
      for await (const chunk of impatientSource({ target }).ledgers({ startLedger: 1, endLedger: 0 }, stop.signal)) {
        if (chunk.lastLedger < 8) continue;
        await quiet(300);
        const before = made;
        await quiet(300);
        madeWhileStill = made - before;
        // One message ahead here, 4 MiB of window, one message in the making; unbounded, 20 ledgers and 64 in chunks.
        assert.ok(made - chunk.lastLedger <= 12, `${made - chunk.lastLedger} ledgers of 1 MB ahead of the consumer`);
        stop.abort();
      }
      assert.equal(madeWhileStill, 0);
    });
  });
}
