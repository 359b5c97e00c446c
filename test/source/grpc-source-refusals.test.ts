import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { ProcessorError } from '../../workers/errors.js';
import { impatientSource, madeUpLedger, madeUpStore, readRange, serve } from './made-up-ledgers.js';

const once = (ledger: number): { ledger: number; always: boolean } => ({ ledger, always: false });
const always = (ledger: number): { ledger: number; always: boolean } => ({ ledger, always: true });

test('a last ledger that is always skipped is an error, not an endless wait', async (t) => {
  const { target } = await serve(t, { faults: { skip: [always(20)] } });
  const source = impatientSource({ target, gapRetries: 2 });
  await assert.rejects(readRange(source, { startLedger: 1, endLedger: 20 }), /ledger 20 is missing .* asked 3 times/);
});

test('ledgers that come again are handed on, to be compared with the first copy, and are none of those due', async (t) => {
  for (const protocol of ['ledgers', 'chunks'] as const) {
    const { target } = await serve(t, { protocols: [protocol], faults: { repeat: [once(8)] } });
    const again: unknown[] = [];
    for await (const { firstLedger, inputs } of impatientSource({ target }).ledgers(
      { startLedger: 5, endLedger: 30 },
      new AbortController().signal,
    )) {
      for (const { checkedFrom, lastLedger } of inputs) {
        if (checkedFrom! < firstLedger) again.push([checkedFrom, firstLedger, lastLedger! >= firstLedger]);
      }
    }
    // In chunks the repeated ledger begins the next chunk.
    assert.deepEqual(again, [[8, 9, protocol === 'chunks']]);
  }
});

test('chunks of another network are an error, never ledgers', async (t) => {
  const { target } = await serve(t, { networkPassphrase: 'network of the source' });
  const source = impatientSource({ target, networkPassphrase: 'my network' });
  await assert.rejects(readRange(source, { startLedger: 1, endLedger: 9 }), (error) => {
    assert.ok(error instanceof ProcessorError);
    assert.equal(error.code, 'PASSPHRASE_MISMATCH');
    assert.match(error.message, /my network.*network of the source/);
    return true;
  });
});

test('a source that refuses the range is an error with its answer', async (t) => {
  const { target } = await serve(t, { store: madeUpStore(100, madeUpLedger, 50) });
  const source = impatientSource({ target });
  await assert.rejects(readRange(source, { startLedger: 1, endLedger: 9 }), /OUT_OF_RANGE: ledger 1 is not here.* 50/);
});

test('a server that serves no raw ledgers at all is an error', async (t) => {
  const server = new Server();
  t.after(() => server.forceShutdown());
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
  });
  const source = impatientSource({ target: `127.0.0.1:${port}` });
  await assert.rejects(
    readRange(source, { startLedger: 1, endLedger: 9 }),
    /serves none of: .*RawLedgerChunks.*stellar/,
  );
});

test('statuses that pass are outwaited, others are errors', async (t) => {
  const answers = [status.INTERNAL, status.UNKNOWN, status.RESOURCE_EXHAUSTED, status.DEADLINE_EXCEEDED];
  const server = new Server();
  t.after(() => server.forceShutdown());
  const answered: status[] = [];
  server.addService(
    {
      StreamRawLedgerChunks: {
        path: '/raw_ledger_service.RawLedgerService/StreamRawLedgerChunks',
        requestStream: false,
        responseStream: true,
        requestSerialize: (value: Buffer) => value,
        requestDeserialize: (value: Buffer) => value,
        responseSerialize: (value: Buffer) => value,
        responseDeserialize: (value: Buffer) => value,
      },
    },
    {
      StreamRawLedgerChunks: (call: { emit(event: 'error', error: object): void }) => {
        const code = answers[answered.length] ?? status.PERMISSION_DENIED;
        answered.push(code);
        call.emit('error', { code, details: 'as told' });
      },
    },
  );
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
  });
  const source = impatientSource({ target: `127.0.0.1:${port}` });
  await assert.rejects(readRange(source, { startLedger: 1, endLedger: 9 }), /refuses .* PERMISSION_DENIED: as told/);
  assert.deepEqual(answered, [...answers, status.PERMISSION_DENIED]);
});
