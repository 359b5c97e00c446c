/** A few compressed bytes that unpack to more than was agreed on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { FlightReader, type Reading, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { PASSPHRASE, simulatedSource, storeOf } from '../service/simulated-source.js';
import { oracleRows } from '../support/row-oracle.js';

const busy = createLedgerGenerator({ seed: 5, networkPassphrase: PASSPHRASE, txsPerLedger: 300 });
const ledger = Buffer.from(busy.ledger(20));

async function readWith(t: Parameters<typeof simulatedSource>[0], limit: string): Promise<Reading> {
  const store = storeOf(() => gzipSync(ledger));
  const source = await simulatedSource(t, { store, protocols: ['ledgers'] });
  const service = await runService(t, source, { UNPACKED_LIMIT: limit });
  return await new FlightReader(t, service.ports.flight).readRange({ start_ledger: 20, end_ledger: 20 });
}

test('a compressed ledger that unpacks to more than UNPACKED_LIMIT ends its stream, and below it gives its rows', async (t) => {
  const mebibytes = Math.floor(ledger.length / 2 ** 20);
  assert.ok(mebibytes >= 1);
  const refused = await readWith(t, `${mebibytes}MiB`);
  assert.equal(refused.status, status.DATA_LOSS);
  assert.match(refused.text, /^UNPACK_LIMIT: .*resume_from=20$/);
  const read = await readWith(t, `${mebibytes + 1}MiB`);
  assert.equal(read.status, status.OK, read.text);
  assert.deepEqual(rowsOf(read), oracleRows(ledger, PASSPHRASE));
});
