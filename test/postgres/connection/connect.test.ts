/** Every sslmode against a server with TLS, one without, and one that lets in one way only. */
import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../../src/postgres/connection/connect.js';
import { type DatabaseTarget, type SslMode, targetOfUrl } from '../../../src/postgres/connection/database-target.js';
import { isTransient } from '../../../src/postgres/connection/transient.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/postgres/embedded/embedded-postgres.js';
import { fileCleanup } from '../../service/cleanup.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../../source/tls-files.js';
import { LOCALHOST_CERTIFICATE, LOCALHOST_KEY } from '../tls-files.js';

const file = fileCleanup();
const folder = mkdtempSync(join(tmpdir(), 'connect-test-'));
file.after(() => rmSync(folder, { recursive: true, force: true }));
const authority = join(folder, 'authority.pem');
const forLocalhost = { certificate: LOCALHOST_CERTIFICATE, key: LOCALHOST_KEY };
const stranger = join(folder, 'stranger.pem');
writeFileSync(authority, LOCALHOST_CERTIFICATE);
writeFileSync(stranger, TEST_CERTIFICATE);

let running: Promise<EmbeddedPostgres> | undefined;

function server(): Promise<EmbeddedPostgres> {
  return (running ??= startEmbeddedPostgres({ durable: false }).then((started) => {
    file.after(() => started.stop());
    return started;
  }));
}

interface Access {
  readonly certificate?: string | Buffer;
  readonly key?: string | Buffer;
  /** The beginning of a line of pg_hba.conf. */
  readonly way?: 'host' | 'hostssl' | 'hostnossl';
}

/** The server started again, with TLS where there is a certificate. */
async function serverWith({ certificate, key, way = 'host' }: Access): Promise<DatabaseTarget> {
  const started = await server();
  const { url, dataDir } = started;
  const owner = statSync(join(dataDir, 'PG_VERSION'));
  const write = (name: string, text: string | Buffer): void => {
    writeFileSync(join(dataDir, name), text, { mode: 0o600 });
    chownSync(join(dataDir, name), owner.uid, owner.gid);
  };
  if (certificate !== undefined) write('server.crt', certificate);
  if (key !== undefined) write('server.key', key);
  write('postgresql.auto.conf', `ssl = ${certificate === undefined ? 'off' : 'on'}\n`);
  write('pg_hba.conf', `${way} all all 127.0.0.1/32 scram-sha-256\n`);
  await started.restart();
  return targetOfUrl(url);
}

/** `TLS` or `plain`, or the error. */
async function outcome(target: DatabaseTarget, sslMode: SslMode, more: Partial<DatabaseTarget> = {}): Promise<string> {
  try {
    const client = await connect({ ...target, sslMode, ...more });
    const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await client.end();
    return rows[0]!.ssl ? 'TLS' : 'plain';
  } catch (error) {
    assert.equal(isTransient(error), false, String(error));
    return (error as Error).message;
  }
}

test('each sslmode does what libpq says it does, against a server with TLS', async () => {
  const target = await serverWith(forLocalhost);
  assert.equal(await outcome(target, 'disable'), 'plain');
  assert.equal(await outcome(target, 'allow'), 'plain');
  assert.equal(await outcome(target, 'prefer'), 'TLS');
  assert.equal(await outcome(target, 'require'), 'TLS');
  assert.equal(await outcome(target, 'require', { sslRootCert: authority }), 'TLS');
  assert.match(await outcome(target, 'require', { sslRootCert: stranger }), /self-signed certificate/);
  assert.equal(await outcome(target, 'verify-ca', { sslRootCert: authority }), 'TLS');
  assert.match(await outcome(target, 'verify-ca', { sslRootCert: stranger }), /self-signed certificate/);
  assert.equal(await outcome(target, 'verify-full', { sslRootCert: authority }), 'TLS');
  assert.equal(await outcome(target, 'verify-full', { sslRootCert: authority, host: 'localhost' }), 'TLS');
  assert.match(await outcome(target, 'verify-full', { sslRootCert: 'system' }), /self-signed certificate/);
  assert.match(
    await outcome(target, 'verify-ca', { sslRootCert: join(folder, 'none.pem') }),
    /DB_SSLROOTCERT: cannot be read/,
  );
});

test('a certificate for another host passes verify-ca and not verify-full', async () => {
  const target = await serverWith({ certificate: TEST_CERTIFICATE, key: TEST_KEY });
  assert.equal(await outcome(target, 'verify-ca', { sslRootCert: stranger }), 'TLS');
  assert.match(await outcome(target, 'verify-full', { sslRootCert: stranger }), /does not match certificate/);
});

test('against a server without TLS, allow and prefer go without, and require does not', async () => {
  const target = await serverWith({});
  assert.equal(await outcome(target, 'disable'), 'plain');
  assert.equal(await outcome(target, 'allow'), 'plain');
  assert.equal(await outcome(target, 'prefer'), 'plain');
  assert.match(await outcome(target, 'require'), /does not support SSL/);
  assert.match(await outcome(target, 'verify-full', { sslRootCert: authority }), /does not support SSL/);
});

test('allow and prefer take the one way that the server lets them in by', async () => {
  const secured = await serverWith({ ...forLocalhost, way: 'hostssl' });
  assert.equal(await outcome(secured, 'allow'), 'TLS');
  assert.match(await outcome(secured, 'disable'), /no pg_hba.conf entry/);
  const plain = await serverWith({ ...forLocalhost, way: 'hostnossl' });
  assert.equal(await outcome(plain, 'prefer'), 'plain');
  assert.match(await outcome(plain, 'require'), /no pg_hba.conf entry/);
});
