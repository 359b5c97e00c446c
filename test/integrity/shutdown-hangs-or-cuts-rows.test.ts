/** The real program, told to stop while it works. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { ticket } from '../flight/google-protobuf.js';
import { rawCall } from '../flight/raw-reader.js';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { eventually, pause } from '../service/running-service.js';
import { runCommand, runServe } from '../service/serve-process.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';

test('SIGTERM delivers what was accepted, says where to resume, and exits with 0', async (t) => {
  const serve = await runServe(t, await simulatedSource(t, { ledgersPerSecond: 40 }), { SHUTDOWN_TIMEOUT: '10s' });
  const reader = new FlightReader(t, serve.ports.flight);
  const [followed, bounded] = [
    await reader.info({ start_ledger: 1 }),
    await reader.info({ start_ledger: 1, end_ledger: 9_999 }),
  ];
  let rows = 0;
  const readings = [followed, bounded].map(({ tickets }) =>
    reader.read(tickets[0]!, ({ progress }) => void (rows += progress.rows)),
  );
  await eventually('rows flow', () => rows > 1_000);
  const stoppedAt = performance.now();
  serve.child.kill('SIGTERM');
  const delivered = await Promise.all(readings);
  const { code, errors } = await serve.exit;
  assert.equal(code, 0, errors);
  assert.ok(performance.now() - stoppedAt < 8_000);
  for (const reading of delivered) {
    assert.equal(reading.status, status.UNAVAILABLE, reading.text);
    const through = reading.batches.at(-1)!.progress.complete_through;
    assert.match(reading.text, /^SHUTTING_DOWN: /);
    assert.match(reading.text, new RegExp(`resume_from=${through + 1}$`));
    assert.ok(reading.batches.every(({ progress }) => progress.end === undefined));
    const last = rowsOf(reading).filter((row) => Number(row.ledger_sequence) > through - 20);
    assert.deepEqual(last, expectedRows(Math.max(1, through - 19), through));
  }
});

test('a reader that stands still does not keep the program from exiting within its deadline', async (t) => {
  const serve = await runServe(t, await simulatedSource(t), { SHUTDOWN_TIMEOUT: '2s' });
  const { tickets } = await new FlightReader(t, serve.ports.flight).info({ start_ledger: 1, end_ledger: 100_000 });
  const still = rawCall(serve.ports.flight, 'DoGet', ticket(tickets[0]!));
  t.after(() => still.close());
  await still.headers;
  await pause(1_000);
  const stoppedAt = performance.now();
  serve.child.kill('SIGTERM');
  const { code, errors } = await serve.exit;
  assert.ok(performance.now() - stoppedAt < 6_000, `took ${Math.round(performance.now() - stoppedAt)} ms`);
  assert.equal(code, 0, errors);
});

test('a second signal ends it at once', async (t) => {
  const serve = await runServe(t, await simulatedSource(t), { SHUTDOWN_TIMEOUT: '60s' });
  const { tickets } = await new FlightReader(t, serve.ports.flight).info({ start_ledger: 1, end_ledger: 100_000 });
  const still = rawCall(serve.ports.flight, 'DoGet', ticket(tickets[0]!));
  t.after(() => still.close());
  await still.headers;
  serve.child.kill('SIGTERM');
  await serve.line((line) => (line.includes('shutting down') ? true : undefined));
  await pause(300);
  assert.equal(serve.child.exitCode, null, 'waits for its reader');
  const forcedAt = performance.now();
  serve.child.kill('SIGINT');
  const { code } = await serve.exit;
  assert.equal(code, 1);
  assert.ok(performance.now() - forcedAt < 5_000);
});

test('an idle service, and one whose source never was, exit with 0 at once', async (t) => {
  const gone = await simulatedSource(t);
  gone.close();
  for (const source of [await simulatedSource(t), gone]) {
    const serve = await runServe(t, source);
    const reading =
      source === gone ? new FlightReader(t, serve.ports.flight).readRange({ start_ledger: 1 }) : undefined;
    await pause(300);
    const stoppedAt = performance.now();
    serve.child.kill('SIGTERM');
    const { code, errors } = await serve.exit;
    assert.equal(code, 0, errors);
    assert.ok(performance.now() - stoppedAt < 10_000);
    if (reading !== undefined) assert.match((await reading).text, /^SHUTTING_DOWN: .*resume_from=1$/);
  }
});

for (const key of ['FLIGHT_ADDRESS', 'GRPC_ADDRESS', 'HEALTH_PORT']) {
  test(`a port in use ends the program with 1 and a line that says which: ${key}`, async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    t.after(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const addresses = { FLIGHT_ADDRESS: '127.0.0.1:0', GRPC_ADDRESS: '127.0.0.1:0', HEALTH_PORT: '0' };
    const serve = runCommand(t, ['serve'], {
      ...addresses,
      HEALTH_HOST: '127.0.0.1',
      [key]: key === 'HEALTH_PORT' ? String(port) : `127.0.0.1:${port}`,
    });
    // A timer that nobody waits for any more does not keep this file from ending.
    const exit = await Promise.race([serve.exit, sleep(30_000, undefined, { ref: false })]);
    assert.ok(exit !== undefined, 'still runs after 30 s');
    assert.equal(exit.code, 1, exit.errors);
    assert.match(exit.errors, new RegExp(`LISTEN_FAILED: ${key}: .*${port}`));
  });
}
