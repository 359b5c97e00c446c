import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabases } from '../postgres/test-database.js';
import { fileCleanup } from '../service/cleanup.js';
import { runService } from '../service/running-service.js';
import { runCommand } from '../service/serve-process.js';
import { simulatedSource } from '../service/simulated-source.js';
import { seededRandom } from '../support/mutations.js';
import { consumeSettings, runConsumer } from './running-consumer.js';
import { contents } from './stored-rows.js';

const file = fileCleanup();
const databases = testDatabases(file);

const LEDGERS = 400;
const KILLS = process.env.TEST_LONG === '1' ? 300 : 12;
const SEED = Number(process.env.TEST_SEED ?? 6);

test(`a consumer killed ${KILLS} times over a backfill leaves the tables of one that never was`, async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const { flight } = service.ports;
  const random = seededRandom(SEED);
  let url = await databases.empty();
  const clean = await databases.empty();
  const range = { START_LEDGER: '1', END_LEDGER: String(LEDGERS), PARTITIONS: '2', BATCH_SIZE: '100' };
  const whole = await runConsumer(t, flight, clean, range);
  const startedAt = performance.now();
  assert.equal(await whole.ended, 'complete');
  const wholeMs = performance.now() - startedAt;
  const expected = await contents(clean);

  let kills = 0;
  let midway = 0;
  while (kills < KILLS) {
    const command = runCommand(t, ['consume'], consumeSettings(flight, url, range));
    // From its start to its end: before it is connected, in the middle of a transaction, between two of them.
    const ended = once(command.child, 'exit');
    await command.line((line) => (line.includes('"consuming"') ? true : undefined)).catch(() => undefined);
    const left = await Promise.race([ended, sleep(random(Math.ceil((1.5 * wholeMs) / 4)))]);
    if (left === undefined) {
      command.child.kill('SIGKILL');
      await ended;
      kills += 1;
      midway += 1;
      continue;
    }
    // It was faster than the kill: what it has loaded must be right, and the kills go on with another database.
    assert.deepEqual(await contents(url), expected, `seed ${SEED}`);
    url = await databases.empty();
  }
  assert.equal(midway, KILLS);
  const last = await runConsumer(t, flight, url, range);
  assert.equal(await last.ended, 'complete');
  assert.deepEqual(await contents(url), expected, `seed ${SEED}`);
});
