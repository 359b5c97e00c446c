/** A lake of real ledgers gives the rows that are expected of them, straight from the threads and through the service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { lakeFolder, type LakeFolder, keyOf, manifestOf, objectOf } from './lake-folder.js';
import { openLake, readRows } from './open-lake.js';
import type { Cleanup } from '../service/cleanup.js';

const LAYOUT = { ledgersPerFile: 1, filesPerPartition: 64_000 };

type Ledger = ReturnType<typeof corpusLedgers>[number];

/** By network; of two recordings of one ledger the first. */
function networks(): Map<string, Ledger[]> {
  const byNetwork = new Map<string, Ledger[]>();
  for (const ledger of corpusLedgers()) {
    const others = byNetwork.get(ledger.network_passphrase) ?? [];
    byNetwork.set(ledger.network_passphrase, others);
    if (!others.some(({ ledger_sequence: sequence }) => sequence === ledger.ledger_sequence)) others.push(ledger);
  }
  return byNetwork;
}

function lakeOf(cleanup: Cleanup, passphrase: string, ledgers: readonly Ledger[]): LakeFolder {
  const lake = lakeFolder(cleanup);
  lake.put('.config.json', manifestOf(LAYOUT, passphrase));
  for (const { name, ledger_sequence: sequence } of ledgers) {
    lake.put(keyOf(sequence, LAYOUT), objectOf(sequence, [readCorpus(`${name}.xdr`)]));
  }
  return lake;
}

function expectedRows({ name }: Ledger): unknown[] {
  const lines = readCorpus(`${name}.jsonl`).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
}

for (const [passphrase, ledgers] of networks()) {
  test(`each of ${ledgers.length} ledgers of "${passphrase}"`, { skip: skipWithoutCorpus }, async (t) => {
    const lake = await openLake(t, lakeOf(t, passphrase, ledgers).url, passphrase);
    for (const ledger of ledgers) {
      const { ledger_sequence: sequence } = ledger;
      const rows = await readRows(lake, { startLedger: sequence, endLedger: sequence }, passphrase);
      assert.deepEqual(rows, expectedRows(ledger), ledger.name);
    }
  });

  test(`the same through the service, over Flight: "${passphrase}"`, { skip: skipWithoutCorpus }, async (t) => {
    const { url } = lakeOf(t, passphrase, ledgers);
    const service = await runService(t, { port: 1 }, { SOURCE: url, NETWORK_PASSPHRASE: passphrase });
    const reader = new FlightReader(t, service.ports.flight);
    for (const ledger of ledgers) {
      const { ledger_sequence: sequence } = ledger;
      const reading = await reader.readRange({ start_ledger: sequence, end_ledger: sequence });
      assert.equal(reading.text, '', ledger.name);
      assert.deepEqual(rowsOf(reading), expectedRows(ledger), ledger.name);
      assert.equal(reading.batches.at(-1)!.progress.end, 'complete');
    }
  });
}
