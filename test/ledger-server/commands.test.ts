import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { CommanderError } from 'commander';
import { simulateCommand } from '../../src/cli/simulate.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import type { LedgerChunk } from '../../src/source/ledger-source.js';
import { GrpcLedgerSource } from '../../src/source/grpc-source.js';
import { ProcessorError } from '../../workers/errors.js';
import { batchOf, PASSPHRASE, temporaryFolder } from './recorded-files.js';

interface Running {
  readonly child: ChildProcess;
  readonly line: string;
  readonly port: number;
}

/** Starts a command in a process of its own, and waits for its line. */
async function start(t: TestContext, command: 'simulate' | 'replay', ...words: string[]): Promise<Running> {
  const module = new URL(`../../src/cli/${command}.js`, import.meta.url).href;
  const script = `import { ${command}Command as command } from '${module}';
    await command().parseAsync(${JSON.stringify(words)}, { from: 'user' });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const line = output.toString('utf8');
  return { child, line, port: Number(/:(\d+)\n$/.exec(line)?.[1]) };
}

async function read(port: number, startLedger: number, endLedger: number): Promise<LedgerChunk[]> {
  const chunks: LedgerChunk[] = [];
  const source = new GrpcLedgerSource({ target: `127.0.0.1:${port}`, networkPassphrase: PASSPHRASE });
  for await (const chunk of source.ledgers({ startLedger, endLedger }, new AbortController().signal))
    chunks.push(chunk);
  return chunks;
}

async function stop({ child }: Running, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
}

test('simulate serves the ledgers of its seed, and ends with 0 on SIGTERM while a reader follows', async (t) => {
  const words = ['--port', '0', '--seed', '7', '--start-ledger', '100', '--ledgers', '50', '--txs-per-ledger', '3'];
  const running = await start(t, 'simulate', ...words, '--skip-ledger', '105,120', '--repeat-ledger', '110');
  assert.match(running.line, /^ledgers 100 to 149 at 127\.0\.0\.1:\d+\n$/);
  const generator = createLedgerGenerator({ seed: '7', networkPassphrase: PASSPHRASE, txsPerLedger: 3 });
  const chunks = await read(running.port, 101, 149);
  assert.equal(chunks[0]!.firstLedger, 101);
  assert.equal(chunks.at(-1)!.lastLedger, 149);
  const { bytes } = chunks[0]!.inputs[0]!;
  assert.ok(Buffer.from(generator.ledger(101)).equals(bytes.subarray(12, 12 + generator.ledger(101).length)));

  const following = new AbortController();
  const source = new GrpcLedgerSource({ target: `127.0.0.1:${running.port}` });
  const ledgers = source.ledgers({ startLedger: 149, endLedger: 0 }, following.signal);
  await ledgers.next();
  await stop(running, 'SIGTERM');
  following.abort();
});

test('replay serves recorded files, and ends with 0 on SIGINT', async (t) => {
  const file = join(temporaryFolder(t), 'ledgers.xdr');
  writeFileSync(file, batchOf(20, 24));
  const running = await start(t, 'replay', '--port', '0', '--network-passphrase', 'testnet', file);
  assert.match(running.line, /^ledgers 20 to 24 at /);
  const chunks = await read(running.port, 21, 24);
  assert.deepEqual(
    chunks.map(({ firstLedger, lastLedger }) => [firstLedger, lastLedger]),
    [[21, 24]],
  );
  assert.ok(batchOf(21, 24).equals(Buffer.from(chunks[0]!.inputs[0]!.bytes)));
  await stop(running, 'SIGINT');
});

test('flags that make no sense are refused with a reason', async () => {
  for (const words of [
    ['--skip-ledger', 'five'],
    ['--rate', '-1'],
    ['--protocols', 'rest'],
    ['--unavailable-every', '0'],
    ['--txs-per-ledger', '6000'],
    ['--start-ledger', '4000000001'],
    ['--port', '70000'],
  ]) {
    const command = simulateCommand().exitOverride();
    command.configureOutput({ writeErr: () => undefined });
    await assert.rejects(command.parseAsync(words, { from: 'user' }), (error) => {
      assert.ok(error instanceof CommanderError || error instanceof ProcessorError, words.join(' '));
      assert.match(error.message, /expected|must be|end at|at most/);
      return true;
    });
  }
});
