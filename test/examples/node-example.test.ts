import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { runService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';

const FIRST = 30;
const LAST = 90;

test('the Node example counts the rows and contracts that are there', async (t) => {
  const { ports } = await runService(t, await simulatedSource(t));
  const words = ['examples/node/read-range.mjs', `127.0.0.1:${ports.flight}`, String(FIRST), String(LAST)];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 60_000 });
  const rows = expectedRows(FIRST, LAST);
  const contracts = new Set(rows.map((row) => row.contract_id)).size;
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.at(-1), `${rows.length} rows of ${contracts} contracts, complete through ledger ${LAST}`);
  const counted = lines.slice(0, -1).map((line) => Number(/^\d+ to \d+: (\d+) rows$/.exec(line)?.[1]));
  assert.equal(
    counted.reduce((sum, count) => sum + count, 0),
    rows.length,
  );
});
