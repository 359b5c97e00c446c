/** Decode threads that fail, over real sockets: a second chance ledger by ledger, then as any bad ledger. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { type RunningService, runService } from '../service/running-service.js';
import { expectedRows, ledgerBytes, simulatedSource } from '../service/simulated-source.js';
import { faultyThreads, type ThreadFault } from './faulty-thread.js';

const range = { start_ledger: 10, end_ledger: 40 };
/** Tasks run again and again. */
const ALWAYS = 1_000;

interface Faulty {
  readonly service: RunningService;
  readonly reader: FlightReader;
  readonly directory: string;
}

async function withFaults(
  t: TestContext,
  faults: readonly ThreadFault[],
  env: Record<string, string>,
  protocol: 'chunks' | 'ledgers' = 'chunks',
): Promise<Faulty> {
  const directory = mkdtempSync(join(tmpdir(), 'worker-faults-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const { entry: threadEntry } = faultyThreads(t, faults);
  const source = await simulatedSource(t, { protocols: [protocol] });
  const settings = { QUARANTINE_DIR: directory, WORKER_COUNT: '2', ...env };
  const service = await runService(t, source, settings, { threadEntry, taskTimeoutMs: 1_000 });
  return { service, reader: new FlightReader(t, service.ports.flight), directory };
}

async function replaced(service: RunningService): Promise<number | undefined> {
  return (await service.metrics()).get('contract_data_workers_replaced_total');
}

for (const kind of ['crash', 'loop'] as const) {
  test(`a thread that fails once (${kind}) costs no row: its ledgers are decoded again`, async (t) => {
    const { service, reader } = await withFaults(t, [{ ledger: 20, kind, times: 1 }], { ON_BAD_LEDGER: 'fail' });
    const reading = await reader.readRange(range);
    assert.deepEqual([reading.status, reading.text], [status.OK, '']);
    assert.deepEqual(rowsOf(reading), expectedRows(10, 40));
    assert.equal(await replaced(service), 1);
    assert.equal((await service.metrics()).get('contract_data_ledgers_processed_total'), 31);
    const code = kind === 'crash' ? 'WORKER_CRASHED' : 'WORKER_TIMEOUT';
    assert.ok(service.log.some((line) => line.code === code && /ledgers \d+ to \d+/.test(String(line.msg))));
  });
}

for (const protocol of ['chunks', 'ledgers'] as const) {
  test(`a ledger that crashes every thread is set aside, alone, with its bytes (${protocol})`, async (t) => {
    const faults: ThreadFault[] = [{ ledger: 20, kind: 'crash', times: ALWAYS }];
    const quarantine = { ON_BAD_LEDGER: 'quarantine' };
    const { service, reader, directory } = await withFaults(t, faults, quarantine, protocol);
    const reading = await reader.readRange(range);
    assert.deepEqual([reading.status, reading.text], [status.OK, '']);
    assert.deepEqual(rowsOf(reading), [...expectedRows(10, 19), ...expectedRows(21, 40)]);
    const gaps = reading.batches.flatMap(({ progress }) => ('gaps' in progress ? progress.gaps : []));
    assert.deepEqual(gaps, [[20, 20, 'WORKER_CRASHED']]);
    assert.equal(await replaced(service), 2);
    const kept = await readFile(join(directory, 'cee0302d-20.xdr'));
    // A chunk of one ledger has the header of a batch in front.
    assert.ok(ledgerBytes(20).equals(kept.subarray(protocol === 'chunks' ? 12 : 0)));
  });
}

test('a ledger that crashes every thread ends a strict stream, behind every row before it', async (t) => {
  const faults: ThreadFault[] = [{ ledger: 20, kind: 'crash', times: ALWAYS }];
  const { reader } = await withFaults(t, faults, { ON_BAD_LEDGER: 'fail' });
  const reading = await reader.readRange(range);
  assert.equal(reading.status, status.INTERNAL);
  assert.match(reading.text, /^WORKER_CRASHED: .*ledger 20 failed.*; resume_from=20$/);
  assert.deepEqual(rowsOf(reading), expectedRows(10, 19));
});

test('a thread that waits for its turn is not taken for one that does not end', async (t) => {
  // One thread is busy for longer than a task may take, twice; the tasks behind it have done nothing wrong.
  const faults: ThreadFault[] = [10, 26].map((ledger) => ({ ledger, kind: 'loop', times: 1 }));
  const { service, reader } = await withFaults(t, faults, { WORKER_COUNT: '1', LEDGERS_PER_TASK: '4' }, 'ledgers');
  const reading = await reader.readRange(range);
  assert.deepEqual(rowsOf(reading), expectedRows(10, 40));
  assert.equal(await replaced(service), 2);
});
