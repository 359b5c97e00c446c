import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RecordedLedgers } from '../../src/ledger-server/recorded-ledgers.js';
import { LedgerServer } from '../../src/ledger-server/ledger-server.js';
import { clientOf, testDatabases, withClient } from '../postgres/test-database.js';
import { type Cleanup, fileCleanup } from '../service/cleanup.js';
import { runService } from '../service/running-service.js';
import { expectedRows, ledgerBytes, PASSPHRASE, simulatedSource, storeOf } from '../service/simulated-source.js';
import { expectedTtlRows } from '../service/ttl-oracle.js';
import { balance, created, credit, assetContract, id, removed, state, restored } from '../support/contract-entries.js';
import { type CorpusLedger, corpusLedgers, corpusPath, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { buildLedger } from '../support/ledger-builder.js';
import { type OracleRow, oracleRows } from '../support/row-oracle.js';
import { runConsumer } from './running-consumer.js';
import { contents, count, storedEntries, storedRows } from './stored-rows.js';

const file = fileCleanup();
const databases = testDatabases(file);

/** Ledgers of the generator behind a service; the port is that of Flight. */
async function generated(cleanup: Cleanup): Promise<number> {
  const service = await runService(cleanup, await simulatedSource(cleanup));
  return service.ports.flight;
}

test('a range of generated ledgers is loaded whole, both tables, as stellar-base reads them', async (t) => {
  const port = await generated(t);
  const url = await databases.empty();
  const consumer = await runConsumer(t, port, url, { START_LEDGER: '1', END_LEDGER: '40', BATCH_SIZE: '300' });
  assert.equal(await consumer.ended, 'complete');
  const client = await clientOf(t, url);
  const expected = expectedRows(1, 40);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);

  const ttl = new Map<unknown, OracleRow>();
  for (const row of expectedTtlRows(1, 40)) ttl.set(row.key_hash, row);
  const stored = await storedRows(client, 'contract_data.ttl', ['key_hash', 'deleted', 'ledger_sequence'], 'key_hash');
  assert.deepEqual(
    stored.map(({ key_hash, deleted, ledger_sequence }) => [key_hash, deleted, ledger_sequence]),
    [...ttl.values()]
      .map(({ key_hash, deleted, ledger_sequence }) => [key_hash, deleted, ledger_sequence])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );

  const [[commits, states]] = (await client
    .query({ text: 'SELECT count(*), count(DISTINCT ledger_key_hash) FROM contract_data.entries', rowMode: 'array' })
    .then(({ rows }) => rows)) as [[string, string]];
  assert.equal(Number(commits), expected.length);
  assert.equal(await count(client, 'current_states'), Number(states));
  assert.ok(consumer.stats().streams[0]!.batches > 1, 'the range takes several commits');
});

test('a range goes on where the last run ended, without its first ledger being given again', async (t) => {
  const port = await generated(t);
  const url = await databases.empty();
  for (const env of [{ START_LEDGER: '3', END_LEDGER: '9' }, { END_LEDGER: '21' }, { END_LEDGER: '21' }]) {
    const consumer = await runConsumer(t, port, url, env);
    assert.equal(await consumer.ended, 'complete');
  }
  const client = await clientOf(t, url);
  const expected = expectedRows(3, 21);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
});

test('partitions loaded side by side give the same tables as one', async (t) => {
  const port = await generated(t);
  const [together, apart] = [await databases.empty(), await databases.empty()];
  const range = { START_LEDGER: '1', END_LEDGER: '200', BATCH_SIZE: '500' };
  assert.equal(await (await runConsumer(t, port, together, range)).ended, 'complete');
  const consumer = await runConsumer(t, port, apart, { ...range, PARTITIONS: '3', DEFER_INDEXES: 'true' });
  assert.equal(await consumer.ended, 'complete');
  assert.equal(consumer.stats().streams[0]!.partitions.length, 3);
  assert.deepEqual(await contents(apart), await contents(together));
});

test('pruned, current_states has every key but those whose deletion nothing can come before', async (t) => {
  const port = await generated(t);
  const [kept, pruned] = [await databases.empty(), await databases.empty()];
  const range = { START_LEDGER: '1', END_LEDGER: '150' };
  assert.equal(await (await runConsumer(t, port, kept, range)).ended, 'complete');
  assert.equal(await (await runConsumer(t, port, pruned, { ...range, PRUNE_TOMBSTONES: 'true' })).ended, 'complete');
  const states = async (url: string): Promise<OracleRow[]> =>
    await withClient(url, (client) =>
      storedRows(client, 'contract_data.current_states', ['ledger_key_hash', 'state'], 'ledger_key_hash'),
    );
  const all = await states(kept);
  assert.ok(all.some(({ state: kind }) => kind === 'deleted'));
  assert.deepEqual(
    await states(pruned),
    all.filter(({ state: kind }) => kind !== 'deleted'),
  );
});

test('what follows the network is committed within COMMIT_INTERVAL, and a stop commits what is whole', async (t) => {
  const source = await simulatedSource(t, { store: storeOf(ledgerBytes, 40) });
  const { flight: port } = (await runService(t, source)).ports;
  const url = await databases.empty();
  const consumer = await runConsumer(t, port, url, { START_LEDGER: '1', COMMIT_INTERVAL: '50ms', LOAD_TTL: 'false' });
  while ((consumer.stats().streams[0]?.watermark ?? 0) < 30) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await consumer.stop(), 0);
  assert.equal(await consumer.ended, 'interrupted');
  const { watermark } = consumer.stats().streams[0]!;
  const client = await clientOf(t, url);
  const [[stored]] = (
    await client.query({ text: 'SELECT complete_through FROM contract_data.ingestion_progress', rowMode: 'array' })
  ).rows as [[string]];
  assert.equal(Number(stored), watermark);
  const expected = expectedRows(1, watermark);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
});

describe('real ledgers', { skip: skipWithoutCorpus }, () => {
  for (const passphrase of new Set(corpusLedgers().map((ledger) => ledger.network_passphrase))) {
    test(`of ${passphrase} come out of the database as the rows they are known to have`, async (t) => {
      // Some sequences are there twice, from networks that share their passphrase: each goes into a set of its own.
      for (const ledgers of setsOf(corpusLedgers().filter((ledger) => ledger.network_passphrase === passphrase))) {
        const store = await RecordedLedgers.open(ledgers.map(({ name }) => corpusPath(`${name}.xdr`)));
        const server = new LedgerServer({ store, networkPassphrase: passphrase });
        const port = await server.listen('127.0.0.1', 0);
        t.after(() => server.close());
        const service = await runService(t, { port }, { NETWORK_PASSPHRASE: passphrase });
        const url = await databases.migrated();
        for (const { name, ledger_sequence: sequence } of ledgers) {
          const range = { START_LEDGER: String(sequence), END_LEDGER: String(sequence), STREAM_NAME: name };
          const consumer = await runConsumer(t, service.ports.flight, url, { ...range, LOAD_TTL: 'false' });
          assert.equal(await consumer.ended, 'complete', name);
        }
        await withClient(url, async (client) => {
          for (const { name, ledger_sequence: sequence } of ledgers) {
            const lines = readCorpus(`${name}.jsonl`).toString('utf8').split('\n');
            const expected = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as OracleRow);
            const rows = `(SELECT * FROM contract_data.entries WHERE ledger_sequence = ${sequence}) e`;
            const columns = Object.keys(expected[0] ?? { contract_id: '' });
            assert.deepEqual(await storedRows(client, rows, columns, 'change_index'), expected, name);
          }
        });
      }
    });
  }
});

/** The ledgers in as few sets as have no sequence twice. */
function setsOf(ledgers: readonly CorpusLedger[]): CorpusLedger[][] {
  const sets: CorpusLedger[][] = [];
  for (const ledger of ledgers) {
    const has = (set: CorpusLedger[]): boolean =>
      set.some(({ ledger_sequence: sequence }) => sequence === ledger.ledger_sequence);
    const set = sets.find((one) => !has(one));
    if (set === undefined) sets.push([ledger]);
    else set.push(ledger);
  }
  return sets;
}

test('the widest values come through: ledgers beyond 2^31, balances beyond 2^64, deletions and creations of one key', async (t) => {
  const FIRST = 4_000_000_000;
  const asset = credit('WIDE', 3);
  const contract = assetContract(asset);
  const amounts = [2n ** 127n - 1n, 2n ** 63n, 2n ** 63n - 1n, 0n];
  const entries = amounts.map((amount, i) => balance(contract, id(100 + i), amount));
  const changes = [
    entries.map(created),
    entries.slice(0, 2).flatMap((entry) => [state(entry), removed(entry)]),
    entries.slice(0, 1).map(created),
    entries.slice(1, 2).map(restored),
  ];
  const ledger = (sequence: number): Buffer => {
    const operations = changes[sequence - FIRST];
    return buildLedger({
      version: 2,
      sequence,
      passphrase: PASSPHRASE,
      closeTime: 1_700_000_000n + BigInt(sequence - FIRST),
      transactions: operations === undefined ? [] : [{ operations: [operations] }],
    });
  };
  const source = await simulatedSource(t, { store: storeOf(ledger, FIRST + 1000) });
  const service = await runService(t, source, { KNOWN_ASSETS: asset.toString() });
  const url = await databases.empty();
  const range = { START_LEDGER: String(FIRST), END_LEDGER: String(FIRST + 4), BATCH_SIZE: '1' };
  const consumer = await runConsumer(t, service.ports.flight, url, range);
  assert.equal(await consumer.ended, 'complete');
  const client = await clientOf(t, url);
  const expected = changes.flatMap((_, i) => oracleRows(ledger(FIRST + i), PASSPHRASE, [asset]));
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
  assert.deepEqual(
    new Set(expected.filter(({ change_type }) => change_type === 'created').map(({ balance_i128 }) => balance_i128)),
    new Set(amounts.map(String)),
  );
  const states = await storedRows(
    client,
    'contract_data.current_states',
    ['balance_i128', 'state', 'ledger_sequence'],
    'balance_i128 DESC',
  );
  assert.deepEqual(
    states.map(({ balance_i128, state: kind, ledger_sequence }) => [
      balance_i128,
      kind,
      Number(ledger_sequence) - FIRST,
    ]),
    [
      [String(2n ** 127n - 1n), 'live', 2],
      [String(2n ** 63n), 'live', 3],
      [String(2n ** 63n - 1n), 'live', 0],
      ['0', 'live', 0],
    ],
  );
});
