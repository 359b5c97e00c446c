/** Reading from a bucket, by a real server, with what servers and networks do to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileCleanup } from '../service/cleanup.js';
import { expectedRows, ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';
import { type Fault, faultyProxy, type FaultyProxy, firstTimes } from './faulty-proxy.js';
import { keyOf, manifestOf, objectsOf } from './lake-folder.js';
import { openLake, readRows, resultsOf } from './open-lake.js';
import { BUCKET, KEYS, s3Server } from './s3-server.js';
import { authorizationOf } from './signature-v4.js';
import type { Cleanup } from '../service/cleanup.js';
import { eventually } from '../service/running-service.js';

const LAYOUT = { ledgersPerFile: 1, filesPerPartition: 10 };
const PREFIX = 'stellar/ledgers/test net/';
const FIRST = 95;
const LAST = 112;
const RANGE = { startLedger: FIRST, endLedger: LAST };

const cleanup = fileCleanup();
const objects = objectsOf(FIRST, LAST, LAYOUT, ledgerBytes);
const server = s3Server(cleanup, PREFIX, new Map([['.config.json', manifestOf(LAYOUT, PASSPHRASE)], ...objects]));

async function proxied(t: Cleanup): Promise<{ proxy: FaultyProxy; url: string }> {
  const proxy = await faultyProxy(t, (await server).port);
  const prefix = PREFIX.replace(' ', '%20');
  return { proxy, url: `s3://${BUCKET}/${prefix}?endpoint=http://127.0.0.1:${proxy.port}` };
}

test('a bucket is read unsigned, by the names of its objects alone', async (t) => {
  const { proxy, url } = await proxied(t);
  const lake = await openLake(t, `${url}&unsigned`, PASSPHRASE);
  assert.deepEqual(await readRows(lake, RANGE, PASSPHRASE), expectedRows(FIRST, LAST));
  assert.ok(proxy.headers.every(({ authorization }) => authorization === undefined));
  // Each object once; beside them the manifest and one listing.
  assert.equal(proxy.asked.filter((path) => path.includes('.xdr')).length, objects.size);
  assert.equal(proxy.asked.length, objects.size + 2);
});

test('requests are signed with a key pair, as Signature Version 4 says', async (t) => {
  const { proxy, url } = await proxied(t);
  const lake = await openLake(t, url, PASSPHRASE, { keys: KEYS });
  assert.deepEqual(await readRows(lake, RANGE, PASSPHRASE), expectedRows(FIRST, LAST));
  assert.equal(proxy.asked.length, objects.size + 2);
  for (const [i, path] of proxy.asked.entries()) {
    const said = proxy.headers[i]!;
    assert.equal(said.authorization, authorizationOf(path, said, KEYS), path);
  }
});

test('a key that the server does not know is refused at once, and said', async (t) => {
  const { url } = await proxied(t);
  const lake = await openLake(t, url, PASSPHRASE, { keys: { accessKeyId: 'UNKNOWN', secretAccessKey: 'secret' } });
  await assert.rejects(readRows(lake, RANGE, PASSPHRASE), {
    code: 'SOURCE_REFUSED',
    message: /403 InvalidAccessKeyId/,
  });
});

const PASSING: Readonly<Record<string, Fault>> = {
  'an internal error': { kind: 'answer', status: 500, code: 'InternalError' },
  'a server that asks to slow down': { kind: 'answer', status: 503, code: 'SlowDown' },
  'a connection that is reset': { kind: 'reset' },
  'a body that is cut off': { kind: 'truncate' },
  'a body that hangs': { kind: 'hang' },
};

for (const [what, fault] of Object.entries(PASSING)) {
  test(`no ledger is lost by ${what}, twice for each object`, async (t) => {
    const { proxy, url } = await proxied(t);
    proxy.fault = firstTimes(2, fault);
    const hangs = fault.kind === 'hang';
    const lake = await openLake(t, `${url}&unsigned`, PASSPHRASE, { idleTimeoutMs: hangs ? 500 : 30_000 });
    assert.deepEqual(await readRows(lake, RANGE, PASSPHRASE), expectedRows(FIRST, LAST));
    const asked = proxy.asked.filter((path) => path.includes('.xdr')).length;
    // On a busy machine an answer may take as long as one that never comes.
    assert.ok(hangs ? asked >= 3 * objects.size : asked === 3 * objects.size, `${asked} requests`);
  });
}

test('a body that comes too short, and says so, is asked for again', async (t) => {
  const { proxy, url } = await proxied(t);
  proxy.fault = firstTimes(1, { kind: 'shorten' });
  const lake = await openLake(t, `${url}&unsigned`, PASSPHRASE);
  assert.deepEqual(await readRows(lake, RANGE, PASSPHRASE), expectedRows(FIRST, LAST));
});

test('a server that is away for long is waited for, and whoever asks can leave', async (t) => {
  const { proxy, url } = await proxied(t);
  const reasons: string[] = [];
  const lake = await openLake(t, `${url}&unsigned`, PASSPHRASE, {
    observer: { reconnecting: (_reason, message) => reasons.push(message) },
  });
  proxy.fault = (path) => (path.includes('.xdr') ? { kind: 'answer', status: 503, code: 'SlowDown' } : undefined);
  const leave = new AbortController();
  const left = resultsOf(lake, { startLedger: FIRST, endLedger: FIRST }, PASSPHRASE, {}, leave.signal).next();
  const rows = readRows(lake, RANGE, PASSPHRASE);
  await eventually('it was asked again', () => reasons.length > 3);
  assert.match(reasons[0]!, /503 SlowDown as planned/);
  leave.abort();
  const given = await left;
  assert.ok(given.done !== true && given.value.error?.code === 'SOURCE_UNAVAILABLE');
  proxy.fault = () => undefined;
  assert.deepEqual(await rows, expectedRows(FIRST, LAST));
});

test('an object that access is denied to ends the range with its name', async (t) => {
  const { proxy, url } = await proxied(t);
  const key = keyOf(100, LAYOUT);
  proxy.fault = (path) => (path.endsWith(key) ? { kind: 'answer', status: 403, code: 'AccessDenied' } : undefined);
  const lake = await openLake(t, `${url}&unsigned`, PASSPHRASE);
  await assert.rejects(readRows(lake, RANGE, PASSPHRASE), {
    code: 'SOURCE_REFUSED',
    message: new RegExp(`s3://${BUCKET}/${PREFIX}${key}: 403 AccessDenied`),
  });
});

test('a bucket that does not exist is no empty lake', async (t) => {
  const { proxy } = await proxied(t);
  const url = `s3://nowhere/?unsigned&endpoint=http://127.0.0.1:${proxy.port}`;
  const lake = await openLake(t, url, PASSPHRASE);
  await assert.rejects(lake.newestLedger(), { code: 'SOURCE_REFUSED', message: /404 NoSuchBucket/ });
});

test('the latency of a store is hidden: objects are asked for while others are on their way', async (t) => {
  const { proxy, url } = await proxied(t);
  proxy.delayMs = 150;
  const lake = await openLake(t, `${url}&unsigned`, PASSPHRASE);
  await lake.newestLedger();
  assert.deepEqual(await readRows(lake, RANGE, PASSPHRASE), expectedRows(FIRST, LAST));
  // As many as tasks of a thread, of one object each here.
  assert.ok(proxy.mostAtOnce >= 8, `${proxy.mostAtOnce} at once`);
});
