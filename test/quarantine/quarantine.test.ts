/** Bad ledgers under both policies, over real sockets: source, service, reader. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { LedgerStore } from '../../src/ledger-server/ledger-store.js';
import { RecordedLedgers } from '../../src/ledger-server/recorded-ledgers.js';
import { FlightReader, type Reading, rowsOf } from '../service/flight-reader.js';
import { type RunningService, runService } from '../service/running-service.js';
import { expectedRows, ledgerBytes, PASSPHRASE, simulatedSource, storeOf } from '../service/simulated-source.js';
import { packed } from '../support/zstd.js';

type Gap = readonly [number, number, string];
type SourceOptions = Parameters<typeof simulatedSource>[1];

interface Quarantining {
  readonly directory: string;
  readonly service: RunningService;
  readonly reader: FlightReader;
}

async function quarantining(
  t: TestContext,
  source: SourceOptions,
  env: Record<string, string> = {},
): Promise<Quarantining> {
  const parent = mkdtempSync(join(tmpdir(), 'quarantine-'));
  t.after(() => rmSync(parent, { recursive: true }));
  const directory = join(parent, 'kept');
  const service = await runService(t, await simulatedSource(t, source), {
    ON_BAD_LEDGER: 'quarantine',
    QUARANTINE_DIR: directory,
    SOURCE_GAP_RETRIES: '0',
    ...env,
  });
  return { directory, service, reader: new FlightReader(t, service.ports.flight) };
}

function gapsOf({ batches }: Reading): Gap[] {
  return batches.flatMap(({ progress }) => (progress as { readonly gaps?: readonly Gap[] }).gaps ?? []);
}

/** The rows of all ledgers but those, each once, in order. */
function checkRows(reading: Reading, ...expected: readonly (readonly [first: number, last: number])[]): void {
  assert.deepEqual([reading.status, reading.text], [status.OK, '']);
  assert.deepEqual(
    rowsOf(reading),
    expected.flatMap(([first, last]) => expectedRows(first, last)),
  );
}

const always = (ledger: number): { ledger: number; always: boolean } => ({ ledger, always: true });
const range = { start_ledger: 10, end_ledger: 40 };

test('a corrupt ledger is set aside with its bytes and reason, and no other row is lost or doubled', async (t) => {
  const faults = { corrupt: [always(20)] };
  const { directory, service, reader } = await quarantining(t, { faults, protocols: ['ledgers'] });
  const reading = await reader.readRange({ ...range, batch_size: 100 });

  checkRows(reading, [10, 19], [21, 40]);
  assert.deepEqual(gapsOf(reading), [[20, 20, 'LEDGER_INVALID']]);
  const passing = reading.batches.find(({ progress }) => 'gaps' in progress)!.progress;
  assert.ok(passing.first_ledger <= 20 && passing.complete_through >= 20);
  assert.equal(reading.batches.at(-1)!.progress.complete_through, 40);

  const sent = ledgerBytes(20);
  const half = sent.subarray(0, sent.length >>> 1);
  assert.deepEqual((await readdir(directory)).sort(), ['cee0302d-20.json', 'cee0302d-20.xdr']);
  assert.ok(half.equals(await readFile(join(directory, 'cee0302d-20.xdr'))));
  const record = JSON.parse(await readFile(join(directory, 'cee0302d-20.json'), 'utf8')) as Record<string, unknown>;
  assert.equal(record.network_passphrase, PASSPHRASE);
  assert.deepEqual([record.first_ledger, record.last_ledger, record.code], [20, 20, 'LEDGER_INVALID']);
  assert.match(String(record.message), /^ledger 20, byte \d+, \w+: /);

  const metrics = await service.metrics();
  assert.equal(metrics.get('contract_data_quarantined_ledgers_total'), 1);
  assert.equal(metrics.get('contract_data_processing_errors_total{code="LEDGER_INVALID"}'), 1);
  assert.equal(service.log.filter(({ ledger, code }) => ledger === 20 && code === 'LEDGER_INVALID').length, 1);
});

test('what is behind a corrupt ledger of a chunk is set aside with it, which the record says', async (t) => {
  const { directory, service, reader } = await quarantining(t, { faults: { corrupt: [always(20)] } });
  const reading = await reader.readRange(range);
  // Chunks have 16 ledgers: 10 to 25, 26 to 40.
  checkRows(reading, [10, 19], [26, 40]);
  assert.deepEqual(gapsOf(reading), [[20, 25, 'LEDGER_INVALID']]);
  const text = await readFile(join(directory, 'cee0302d-20-25.json'), 'utf8');
  assert.match(text, /ledgers 20 to 25 are set aside together: where each begins cannot be told/);
  assert.equal((await service.metrics()).get('contract_data_quarantined_ledgers_total'), 6);
});

test('a ledger of a chunk that is not the one it should be is set aside alone', async (t) => {
  const store = storeOf((sequence) => ledgerBytes(sequence === 20 ? 99 : sequence));
  const { reader } = await quarantining(t, { store });
  const reading = await reader.readRange(range);
  checkRows(reading, [10, 19], [21, 40]);
  assert.deepEqual(gapsOf(reading), [[20, 20, 'LEDGER_MISMATCH']]);
});

test('ledgers that the source does not have are passed, and a range that ends in them is complete', async (t) => {
  const faults = { skip: [20, 21, 39, 40].map(always) };
  const { directory, service, reader } = await quarantining(t, { faults });
  const reading = await reader.readRange(range);
  checkRows(reading, [10, 19], [22, 38]);
  assert.deepEqual(gapsOf(reading), [
    [20, 21, 'SOURCE_GAP'],
    [39, 40, 'SOURCE_GAP'],
  ]);
  assert.equal(reading.batches.at(-1)!.progress.end, 'complete');
  assert.deepEqual((await readdir(directory)).sort(), ['cee0302d-20-21.json', 'cee0302d-39-40.json']);
  assert.equal((await service.metrics()).get('contract_data_quarantined_ledgers_total'), 4);
});

/** Ledgers 10 to 25 as one object of a data lake, damaged; the rest one by one. */
function damagedObject(): LedgerStore {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(10, 0);
  head.writeUInt32BE(25, 4);
  head.writeUInt32BE(16, 8);
  const ledgers = Array.from({ length: 16 }, (_, i) => ledgerBytes(10 + i));
  const object = packed(Buffer.concat([head, ...ledgers]));
  const rest = storeOf(ledgerBytes);
  return {
    first: 10,
    last: rest.last,
    async *read(start) {
      if (start <= 25) yield { first: 10, last: 25, form: 'object', bytes: object.subarray(0, object.length - 9) };
      yield* rest.read(Math.max(start, 26));
    },
  };
}

test('a data lake object that cannot be unpacked is set aside with all that is wanted of it', async (t) => {
  const { directory, reader } = await quarantining(t, { store: damagedObject() });
  const reading = await reader.readRange({ ...range, start_ledger: 12 });
  checkRows(reading, [26, 40]);
  assert.deepEqual(gapsOf(reading), [[12, 25, 'UNPACK_FAILED']]);
  assert.equal((await readdir(directory)).length, 2);
});

test('a quarantine directory can be fed again: bytes come as they came before, readable or not', async (t) => {
  for (const protocols of [['chunks'], ['ledgers']] as const) {
    const faults = { corrupt: [always(20), always(33)] };
    const { directory, reader } = await quarantining(t, { faults, protocols });
    const before = gapsOf(await reader.readRange(range));
    const names = (await readdir(directory)).sort();
    const kept = await Promise.all(names.map((name) => readFile(join(directory, name))));

    const store = await RecordedLedgers.open([directory], PASSPHRASE);
    const again = await quarantining(t, { store, protocols });
    for (const [first, last, reason] of before) {
      const reading = await again.reader.readRange({ start_ledger: first, end_ledger: last });
      assert.deepEqual(gapsOf(reading), [[first, last, reason]]);
    }
    assert.deepEqual((await readdir(again.directory)).sort(), names);
    for (const [i, name] of names.entries()) {
      if (name.endsWith('.xdr')) assert.ok(kept[i]!.equals(await readFile(join(again.directory, name))), name);
    }
    await assert.rejects(RecordedLedgers.open([directory], 'another network'), /no ledgers in/);
  }
});

test('a quarantined ledger that has been mended gives its rows when it is fed again', async (t) => {
  const faults = { corrupt: [always(20)] };
  const { directory, reader } = await quarantining(t, { faults, protocols: ['ledgers'] });
  await reader.readRange(range);
  writeFileSync(join(directory, 'cee0302d-20.xdr'), ledgerBytes(20));
  const store = await RecordedLedgers.open([directory], PASSPHRASE);
  const again = await quarantining(t, { store });
  checkRows(await again.reader.readRange({ start_ledger: 20, end_ledger: 20 }), [20, 20]);
});

test('without quarantine a bad ledger ends the stream with DATA_LOSS, behind every row before it', async (t) => {
  for (const [protocols, faults, code] of [
    [['ledgers'], { corrupt: [always(20)] }, 'LEDGER_INVALID'],
    [['chunks'], { corrupt: [always(20)] }, 'LEDGER_INVALID'],
    [['chunks'], { skip: [always(20)] }, 'SOURCE_GAP'],
  ] as const) {
    const { directory, service, reader } = await quarantining(t, { faults, protocols }, { ON_BAD_LEDGER: 'fail' });
    const reading = await reader.readRange(range);
    assert.equal(reading.status, status.DATA_LOSS);
    assert.match(reading.text, new RegExp(`^${code}: .*ledger 20.*; resume_from=20$`));
    assert.deepEqual(rowsOf(reading), expectedRows(10, 19));
    await assert.rejects(readdir(directory));
    assert.equal((await service.metrics()).get('contract_data_quarantined_ledgers_total'), 0);
  }
});

test('a request chooses the policy, against the configuration', async (t) => {
  const faults = { corrupt: [always(20)] };
  const strict = await quarantining(t, { faults, protocols: ['ledgers'] }, { ON_BAD_LEDGER: 'fail' });
  checkRows(await strict.reader.readRange({ ...range, on_bad_ledger: 'quarantine' }), [10, 19], [21, 40]);
  const lenient = await quarantining(t, { faults, protocols: ['ledgers'] });
  assert.equal((await lenient.reader.readRange({ ...range, on_bad_ledger: 'fail' })).status, status.DATA_LOSS);
  await assert.rejects(lenient.reader.readRange({ ...range, on_bad_ledger: 'ignore' }), /on_bad_ledger/);
});

test('ledgers of another network are never set aside', async (t) => {
  const { directory, reader } = await quarantining(
    t,
    {
      networkPassphrase: '',
      protocols: ['ledgers'],
      store: storeOf(ledgerBytes),
    },
    { NETWORK_PASSPHRASE: 'public' },
  );
  const reading = await reader.readRange(range);
  assert.equal(reading.status, status.FAILED_PRECONDITION);
  assert.match(reading.text, /^PASSPHRASE_MISMATCH: /);
  await assert.rejects(readdir(directory));
});

test('a ledger that cannot be kept is not passed over', async (t) => {
  const notADirectory = join(tmpdir(), `quarantine-${process.pid}`);
  writeFileSync(notADirectory, '');
  t.after(() => rmSync(notADirectory));
  const faults = { corrupt: [always(20)] };
  const { reader } = await quarantining(t, { faults, protocols: ['ledgers'] }, { QUARANTINE_DIR: notADirectory });
  const reading = await reader.readRange(range);
  assert.equal(reading.status, status.DATA_LOSS);
  assert.match(reading.text, /could not be kept in .*; resume_from=20$/);
  assert.deepEqual(rowsOf(reading), expectedRows(10, 19));
});
