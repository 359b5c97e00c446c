import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Client, type ClientReadableStream, credentials, type GrpcObject, status } from '@grpc/grpc-js';
import type { ServiceClientConstructor } from '@grpc/grpc-js';
import { xdr } from '@stellar/stellar-base';
import { loadGrpc } from '../../src/grpc/load-proto.js';
import { GeneratedLedgers } from '../../src/ledger-server/generated-ledgers.js';
import { LedgerServer, type LedgerServerOptions } from '../../src/ledger-server/ledger-server.js';
import { RecordedLedgers } from '../../src/ledger-server/recorded-ledgers.js';
import { corpusPath, skipWithoutCorpus } from '../support/corpus.js';
import { batchOf, PASSPHRASE, simulatedLedger, temporaryFolder } from './recorded-files.js';

type Message = Record<string, unknown>;
type Stream = (request: object) => ClientReadableStream<Message>;
type Unary = (request: object, callback: (error: Error | null, answer: Message) => void) => void;

const store = new GeneratedLedgers({ ledger: (sequence) => new Uint8Array(simulatedLedger(sequence)) }, 10, 60);

/** A server for the length of a test, and a client made by proto-loader for one of its services. */
async function serving(
  t: TestContext,
  service: 'raw_ledger_service' | 'stellar.v1',
  options: Partial<LedgerServerOptions> = {},
): Promise<{
  stream: (method: string, request: object) => ClientReadableStream<Message>;
  ask: (method: string, request: object) => Promise<Message>;
}> {
  const server = new LedgerServer({ store, networkPassphrase: PASSPHRASE, ...options });
  const port = await server.listen('127.0.0.1', 0);
  const [file, ...path] = service === 'stellar.v1' ? ['stellar/v1', 'stellar', 'v1'] : [service, service];
  let found: GrpcObject = loadGrpc(`${file}/raw_ledger_service.proto`);
  for (const name of path) found = found[name] as GrpcObject;
  const Service = found.RawLedgerService as ServiceClientConstructor;
  const client = new Service(`127.0.0.1:${port}`, credentials.createInsecure()) as Client & Record<string, unknown>;
  t.after(() => {
    client.close();
    server.close();
  });
  return {
    stream: (method, request) => (client[method] as Stream).call(client, request),
    ask: (method, request) =>
      new Promise((resolve, reject) => {
        (client[method] as Unary).call(client, request, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
      }),
  };
}

/** Messages of a stream until it ends, or until there are `most`. */
async function messages(stream: ClientReadableStream<Message>, most = Infinity): Promise<Message[]> {
  const received: Message[] = [];
  stream.on('error', () => undefined);
  for await (const message of stream as AsyncIterable<Message>) {
    received.push(message);
    if (received.length === most) break;
  }
  stream.cancel();
  return received;
}

test('StreamRawLedgers sends ledgers one by one from the start asked for, and does not end', async (t) => {
  const { stream } = await serving(t, 'raw_ledger_service');
  const call = stream('StreamRawLedgers', { start_ledger: 55 });
  const received = await messages(call, 6);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    [55, 56, 57, 58, 59, 60],
  );
  for (const { sequence, ledger_close_meta_xdr: bytes } of received) {
    assert.ok(simulatedLedger(sequence as number).equals(bytes as Buffer));
  }

  const quietCall = stream('StreamRawLedgers', { start_ledger: 60 });
  const events: string[] = [];
  quietCall.on('data', () => events.push('data'));
  quietCall.on('end', () => events.push('end'));
  quietCall.on('error', () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(events, ['data']);
  quietCall.cancel();
});

test('stellar.v1 says network and close time', async (t) => {
  const { stream } = await serving(t, 'stellar.v1');
  const [message] = await messages(stream('StreamRawLedgers', { start_ledger: 55 }), 1);
  const header = (xdr.LedgerCloseMeta.fromXDR(simulatedLedger(55)).value() as xdr.LedgerCloseMetaV2).ledgerHeader();
  assert.equal(message!.closed_at, header.header().scpValue().closeTime().toString());
  assert.equal(message!.network, PASSPHRASE);
});

for (const service of ['raw_ledger_service', 'stellar.v1'] as const) {
  test(`GetLedgerRange of ${service} leaves its end out, and says what it refuses`, async (t) => {
    const { ask } = await serving(t, service);
    const { ledgers, latest_ledger: latest } = await ask('GetLedgerRange', { start_ledger: 20, end_ledger: 23 });
    assert.deepEqual(
      (ledgers as Message[]).map(({ sequence }) => sequence),
      [20, 21, 22],
    );
    assert.equal(latest, 60);
    const refusals: [object, status][] = [
      [{ start_ledger: 20, end_ledger: 20 }, status.INVALID_ARGUMENT],
      [{ start_ledger: 20, end_ledger: 1_021 }, status.INVALID_ARGUMENT],
      [{ start_ledger: 0, end_ledger: 20 }, status.INVALID_ARGUMENT],
      [{ start_ledger: 9, end_ledger: 20 }, status.OUT_OF_RANGE],
      [{ start_ledger: 59, end_ledger: 62 }, status.OUT_OF_RANGE],
    ];
    for (const [request, code] of refusals) await assert.rejects(ask('GetLedgerRange', request), { code });
  });
}

test('GetInfo and HealthCheck of stellar.v1 describe a healthy source', async (t) => {
  const { ask } = await serving(t, 'stellar.v1');
  const info = await ask('GetInfo', {});
  assert.equal(info.type, 'COMPONENT_TYPE_SOURCE');
  assert.match(info.endpoint as string, /^127\.0\.0\.1:\d+$/);
  assert.equal((await ask('HealthCheck', {})).status, 'HEALTH_STATUS_HEALTHY');
});

test('chunks keep the limits asked for, end after the end asked for, and have limits of their own', async (t) => {
  const { stream } = await serving(t, 'raw_ledger_service');
  const bounds = async (request: object): Promise<unknown[]> =>
    (await messages(stream('StreamRawLedgerChunks', request))).map((m) => [m.start_sequence, m.end_sequence]);
  assert.deepEqual(await bounds({ start_ledger: 10, end_ledger: 45 }), [
    [10, 25],
    [26, 41],
    [42, 45],
  ]);
  assert.deepEqual(await bounds({ start_ledger: 10, end_ledger: 14, max_ledgers: 4 }), [
    [10, 13],
    [14, 14],
  ]);
  assert.deepEqual(await bounds({ start_ledger: 10, end_ledger: 11, max_bytes: 1 }), [
    [10, 10],
    [11, 11],
  ]);
});

test('a chunk is the batch that stellar-base writes, with the passphrase', async (t) => {
  const { stream } = await serving(t, 'raw_ledger_service');
  const [chunk] = await messages(stream('StreamRawLedgerChunks', { start_ledger: 10, end_ledger: 12 }));
  assert.ok(batchOf(10, 12).equals(chunk!.ledger_close_meta_batch_xdr as Buffer));
  assert.equal(chunk!.compression, 'CHUNK_COMPRESSION_NONE');
  assert.equal(chunk!.network_passphrase, PASSPHRASE);
});

test('a recorded lake object travels untouched to those who take zstd only', { skip: skipWithoutCorpus }, async (t) => {
  const file = join(temporaryFolder(t), 'FCD285FF--53312000.xdr.zst');
  copyFileSync(corpusPath('lake-53312000.xdr'), file);
  const { stream } = await serving(t, 'raw_ledger_service', { store: await RecordedLedgers.open([file]) });
  const request = { start_ledger: 53312000, end_ledger: 53312000 };
  const accepted = { ...request, accepted_compression: ['CHUNK_COMPRESSION_ZSTD'] };
  const [object] = await messages(stream('StreamRawLedgerChunks', accepted));
  assert.equal(object!.compression, 'CHUNK_COMPRESSION_ZSTD');
  assert.deepEqual(object!.ledger_close_meta_batch_xdr, readFileSync(file));
  const [plain] = await messages(stream('StreamRawLedgerChunks', request));
  assert.equal(plain!.compression, 'CHUNK_COMPRESSION_NONE');
  const batch = xdr.LedgerCloseMetaBatch.fromXDR(plain!.ledger_close_meta_batch_xdr as Buffer);
  assert.equal(batch.startSequence(), 53312000);
});

test('with a rate, ledgers come when they have closed, and the newest is known', async (t) => {
  const { stream, ask } = await serving(t, 'raw_ledger_service', { ledgersPerSecond: 20 });
  const startedAt = performance.now();
  await messages(stream('StreamRawLedgers', { start_ledger: 10 }), 6);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs > 150 && tookMs < 1_500, `five ledgers at 20 a second took ${tookMs} ms`);
  const { latest_ledger: latest } = await ask('GetLedgerRange', { start_ledger: 10, end_ledger: 11 });
  assert.ok((latest as number) >= 15 && (latest as number) < 60);
});

test('a corrupt ledger is sent without its second half', async (t) => {
  const faults = { corrupt: [{ ledger: 11, always: false }] };
  const { stream } = await serving(t, 'raw_ledger_service', { faults });
  for (const [attempt, sentOf] of [
    [1, (whole: Buffer): Buffer => whole.subarray(0, whole.length >>> 1)],
    [2, (whole: Buffer): Buffer => whole],
  ] as const) {
    const [, message] = await messages(stream('StreamRawLedgers', { start_ledger: 10 }), 2);
    assert.ok(sentOf(simulatedLedger(11)).equals(message!.ledger_close_meta_xdr as Buffer), `attempt ${attempt}`);
  }
});
