import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../../../src/config/read-settings.js';
import { DATABASE_SETTINGS } from '../../../src/postgres/connection/database-settings.js';
import { databaseTarget, type DatabaseTarget, maskedUrl } from '../../../src/postgres/connection/database-target.js';

function targetOf(env: Record<string, string>): DatabaseTarget {
  return databaseTarget(readSettings(DATABASE_SETTINGS, { flags: {}, env }).values);
}

test('without settings the target is the server of this machine, with TLS where it has it', () => {
  assert.deepEqual(targetOf({}), {
    host: 'localhost',
    port: 5432,
    database: 'postgres',
    user: 'postgres',
    password: undefined,
    sslMode: 'prefer',
    sslRootCert: undefined,
    applicationName: 'contract-data-processor',
    connectTimeoutMs: 10_000,
  });
});

test('the DB_* settings make a target', () => {
  const env = { DB_HOST: 'db', DB_PORT: '6432', DB_NAME: 'stellar', DB_USER: 'loader', DB_PASSWORD: 'p@ss' };
  const { host, port, database, user, password, sslMode } = targetOf({ ...env, DB_SSLMODE: 'require' });
  assert.deepEqual(
    [host, port, database, user, password, sslMode],
    ['db', 6432, 'stellar', 'loader', 'p@ss', 'require'],
  );
});

test('what a URL says goes before the DB_* settings, which complete it', () => {
  const env = { DB_HOST: 'other', DB_NAME: 'other', DB_PORT: '6432', DB_PASSWORD: 'secret', DB_SSLMODE: 'disable' };
  const target = targetOf({ ...env, DATABASE_URL: 'postgresql://lo%40der@db.example/stel%2Flar?sslmode=require' });
  const { host, port, database, user, password, sslMode } = target;
  assert.deepEqual(
    [host, port, database, user, password, sslMode],
    ['db.example', 6432, 'stel/lar', 'lo@der', 'secret', 'require'],
  );
});

test('a URL may name an IPv6 host, a socket folder, a timeout and the application', () => {
  assert.equal(targetOf({ DATABASE_URL: 'postgres://u:p@[::1]:5433/d' }).host, '::1');
  for (const authority of ['', 'u@', 'u:p@']) {
    const socket = targetOf({ DATABASE_URL: `postgres://${authority}/d?host=/var/run/postgresql` });
    assert.deepEqual([socket.host, socket.database], ['/var/run/postgresql', 'd'], authority);
    assert.equal(socket.user, authority === '' ? 'postgres' : 'u');
  }
  const { applicationName, connectTimeoutMs } = targetOf({
    DATABASE_URL: 'postgres://db?application_name=mine&connect_timeout=3',
  });
  assert.deepEqual([applicationName, connectTimeoutMs], ['mine', 3000]);
});

test('a target is printed without its password', () => {
  const shown = (env: Record<string, string>): string => maskedUrl(targetOf(env));
  assert.equal(shown({ DATABASE_URL: 'postgres://u:hunter2@[::1]/d' }), 'postgres://u:***@[::1]:5432/d?sslmode=prefer');
  assert.equal(
    shown({ DATABASE_URL: 'postgres:///d?host=/run/pg', DB_USER: 'a b' }),
    'postgres://a%20b@/d?host=%2Frun%2Fpg&sslmode=prefer',
  );
});

for (const [fault, env, reason] of [
  [
    'a parameter that is not known',
    { DATABASE_URL: 'postgres://u:hunter2@db/d?ssl=true' },
    /parameter ssl is not known/,
  ],
  ['a mode that is not one', { DATABASE_URL: 'postgres://u:hunter2@db/d?sslmode=on' }, /sslmode: one of disable/],
  ['a timeout that is none', { DATABASE_URL: 'postgres://u:hunter2@db/d?connect_timeout=0' }, /seconds expected/],
  ['a stray percent sign', { DATABASE_URL: 'postgres://u:hunter2%@db/d' }, /write %25/],
  ['a port out of range', { DATABASE_URL: 'postgres://u:hunter2@db:99999/d' }, /not a URL/],
  ['no host', { DATABASE_URL: 'postgres://u:hunter2@/d' }, /a host expected/],
  ['another scheme', { DATABASE_URL: 'mysql://u:hunter2@db/d' }, /a URL such as postgres:/],
  ['verifying without authorities', { DB_SSLMODE: 'verify-full' }, /DB_SSLROOTCERT expected/],
  [
    'public authorities without a host check',
    { DB_SSLMODE: 'verify-ca', DB_SSLROOTCERT: 'system' },
    /verify-full expected/,
  ],
] as const) {
  test(`${fault} is refused, without the password in the text`, () => {
    assert.throws(
      () => targetOf(env),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'CONFIG_INVALID');
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  });
}
