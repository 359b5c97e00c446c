/** `simulate` as a process of its own, as `flowctl run` starts a source. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GENERATIONS } from '../../src/flowctl-dev/dev-control-plane.js';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { runCommand } from '../service/serve-process.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { oracleRows } from '../support/row-oracle.js';
import { PASSPHRASE } from '../service/simulated-source.js';
import { controlPlane } from './control-planes.js';
import { until } from './test-clock.js';

const ID = 'ledgers';
const SIMULATE = ['simulate', '--port', '0', '--seed', '3', '--txs-per-ledger', '6'];

for (const generation of GENERATIONS) {
  test(`simulate registers as a source with flowctl ${generation}, sends heartbeats, and leaves`, async (t) => {
    const plane = await controlPlane(t, { generation });
    const env = {
      FLOWCTL_COMPONENT_ID: ID,
      FLOWCTL_ENDPOINT: `127.0.0.1:${plane.port}`,
      FLOWCTL_HEARTBEAT_INTERVAL: '100ms',
      // Meant for another component of the pipeline, and wrong there.
      GRPC_ADDRESS: 'nowhere',
    };
    const { child, exit } = runCommand(t, SIMULATE, env);
    await until(() => (plane.registry.find(ID)?.heartbeats ?? 0) >= 2);
    const { info } = plane.registry.find(ID)!;
    assert.match(info.type, /SOURCE$/);
    assert.ok(info.output_event_types.includes('stellar.ledger.v1'));
    if (generation !== 'A') assert.match(info.endpoint, /^127\.0\.0\.1:\d+$/);
    child.kill('SIGTERM');
    assert.equal((await exit).code, 0);
    if (generation !== 'A') assert.equal(plane.registry.find(ID), undefined);
  });
}

test('a service that asks flowctl for its source reads from a simulate that has registered', async (t) => {
  const plane = await controlPlane(t, { generation: 'C' });
  const flowctl = { FLOWCTL_ENDPOINT: `127.0.0.1:${plane.port}` };
  runCommand(t, SIMULATE, { ...flowctl, ENABLE_FLOWCTL: 'true', SERVICE_NAME: 'simulated' });
  await until(() => plane.registry.find('simulated') !== undefined);
  const service = await runService(t, { port: 0 }, { ...flowctl, SOURCE_ENDPOINT: 'flowctl' });
  const reading = await new FlightReader(t, service.ports.flight).readRange({ start_ledger: 5, end_ledger: 9 });
  const ledgers = createLedgerGenerator({ seed: '3', networkPassphrase: PASSPHRASE, txsPerLedger: 6 });
  const expected = [5, 6, 7, 8, 9].flatMap((n) => oracleRows(Buffer.from(ledgers.ledger(n)), PASSPHRASE));
  assert.deepEqual(rowsOf(reading), expected);
  assert.equal(plane.registry.find('simulated')?.info.metadata.network_passphrase, PASSPHRASE);
});
