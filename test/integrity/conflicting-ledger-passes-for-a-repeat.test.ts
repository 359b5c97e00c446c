/** A ledger that comes twice, and is not the same the second time. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { SERVED_PROTOCOLS } from '../../src/ledger-server/ledger-server.js';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';

for (const protocol of SERVED_PROTOCOLS) {
  for (const policy of ['fail', 'quarantine']) {
    test(`${protocol}, ON_BAD_LEDGER=${policy}: it ends the stream, and no row behind it is lost or doubled`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'conflict-'));
      t.after(() => rmSync(directory, { recursive: true }));
      const faults = { conflict: [{ ledger: 20, always: false }] };
      const source = await simulatedSource(t, { protocols: [protocol], faults });
      const service = await runService(t, source, { ON_BAD_LEDGER: policy, QUARANTINE_DIR: directory });
      const reader = new FlightReader(t, service.ports.flight);
      const reading = await reader.readRange({ start_ledger: 5, end_ledger: 90 });
      assert.equal(reading.status, status.DATA_LOSS);
      const [, resume] = /^SOURCE_CONFLICT: .*ledger 20 twice.*; resume_from=(\d+)$/.exec(reading.text) ?? [];
      // The first of the two may have been taken for good.
      assert.ok(resume === '20' || resume === '21', reading.text);
      const rest = await reader.readRange({ start_ledger: Number(resume), end_ledger: 90 });
      assert.equal(rest.status, status.OK, rest.text);
      assert.deepEqual([...rowsOf(reading), ...rowsOf(rest)], expectedRows(5, 90));
    });
  }
}

test('the same ledger twice, alone or in a chunk with others, is passed and counted', async (t) => {
  for (const protocol of SERVED_PROTOCOLS) {
    const faults = { repeat: [{ ledger: 20, always: true }] };
    const service = await runService(t, await simulatedSource(t, { protocols: [protocol], faults }));
    const reading = await new FlightReader(t, service.ports.flight).readRange({ start_ledger: 5, end_ledger: 90 });
    assert.equal(reading.status, status.OK, reading.text);
    assert.deepEqual(rowsOf(reading), expectedRows(5, 90));
    assert.equal((await service.metrics()).get('contract_data_source_duplicate_ledgers_total'), 1);
  }
});
