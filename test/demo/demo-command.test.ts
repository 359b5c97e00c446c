import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readFlight } from '../../src/flight-client/read-flight.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { oracleRows } from '../support/row-oracle.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const PASSPHRASE = 'Test SDF Network ; September 2015';

class Demo {
  output = '';
  readonly child;

  constructor(t: TestContext, ...words: string[]) {
    this.child = spawn(process.execPath, [MAIN, 'demo', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (text: Buffer) => (this.output += text.toString('utf8')));
    }
    t.after(() => this.child.kill('SIGKILL'));
  }

  async until(text: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = text.exec(this.output);
      if (found !== null) return found;
      await once(this.child.stdout, 'data');
    }
  }

  async exit(): Promise<number | null> {
    const [code] = (await once(this.child, 'close')) as [number | null];
    return code;
  }
}

test('the demo proves that every row of its ledgers was received once, and exits with 0', async (t) => {
  const words = ['--ledgers', '30', '--database-ledgers', '20', '--txs-per-ledger', '5', '--seed', 'proof'];
  const demo = new Demo(t, ...words);
  assert.equal(await demo.exit(), 0, demo.output);

  const generator = createLedgerGenerator({ seed: 'proof', networkPassphrase: PASSPHRASE, txsPerLedger: 5 });
  let [rows, stored] = [0, 0];
  for (let sequence = 1; sequence <= 30; sequence += 1) {
    rows += oracleRows(Buffer.from(generator.ledger(sequence)), PASSPHRASE).length;
    if (sequence === 20) stored = rows;
  }
  const text = rows.toLocaleString('en');
  assert.match(demo.output, /complete: every row of ledgers 1 to 30, once\n/);
  assert.ok(demo.output.includes(`${text} generated = ${text} sent = ${text} received`), demo.output);
  assert.match(demo.output, /contracts_per_second/);
  const inSql = stored.toLocaleString('en');
  assert.ok(demo.output.includes(`${inSql} generated = ${inSql} sent = ${inSql} = SELECT count(*)`), demo.output);
  assert.match(demo.output, /who holds most\n(.*\n){2} {2}\w+ +C[A-Z2-7]{55} +\d+ +[\d.]+ %\n/);
  assert.match(demo.output, /which contracts change most\n(.*\n){2} {2}C[A-Z2-7]{55} +\d+ changes of +\d+ keys\n/);
  assert.match(demo.output, /registered with flowctl, [1-9]\d* heartbeats so far\n/);
  for (const id of ['contract-data-consumer +CONSUMER +HEALTHY', 'contract-data-processor +PROCESSOR +HEALTHY']) {
    assert.match(demo.output, new RegExp(`  ${id} `));
  }
  assert.ok(!demo.output.includes('\u001b'), 'a pipe gets no terminal codes');
});

test('stopped half-way, the demo says how far it came, closes everything and exits with 130', async (t) => {
  const demo = new Demo(t, '--ledgers', '1000000', '--txs-per-ledger', '5');
  await demo.until(/watermark [1-9]/);
  demo.child.kill('SIGINT');
  assert.equal(await demo.exit(), 130, demo.output);
  const [, ledger, received, generated] =
    /stopped after ledger ([\d,]+)\n {2}rows +([\d,]+) received, ([\d,]+) generated/.exec(demo.output) ?? [];
  assert.notEqual(ledger, undefined, demo.output);
  assert.equal(received, generated);
});

test('kept running, the demo serves whoever comes, on this machine only, and exits with 0 on a signal', async (t) => {
  const demo = new Demo(t, '--ledgers', '5', '--database-ledgers', '0', '--txs-per-ledger', '5', '--keep-running');
  await demo.until(/running on/);
  for (const [, host] of demo.output.matchAll(/([\w.]+):\d{4,5}\b/g)) assert.equal(host, '127.0.0.1');
  const [, port] = await demo.until(/flight +127\.0\.0\.1:(\d+)/);
  let complete = 0;
  const command = { start_ledger: 100, end_ledger: 120 };
  for await (const { progress } of readFlight(`127.0.0.1:${port}`, command, new AbortController().signal)) {
    complete = progress.complete_through;
  }
  assert.equal(complete, 120);
  demo.child.kill('SIGTERM');
  assert.equal(await demo.exit(), 0, demo.output);
});

test('options out of bounds are refused with a reason', async (t) => {
  const transactions = new Demo(t, '--txs-per-ledger', '6000');
  assert.equal(await transactions.exit(), 1);
  assert.match(transactions.output, /^REQUEST_INVALID: .* from 1 to 5000, not 6000\n$/);
  const port = new Demo(t, '--flight-port', '70000', '--ledgers', '1');
  assert.equal(await port.exit(), 1);
  assert.match(port.output, /CONFIG_INVALID: .*70000/);
});
