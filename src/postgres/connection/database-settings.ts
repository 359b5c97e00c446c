/** The settings that say which database to use; commands that need one spread them into their own. */
import { host } from '../../config/kinds/address.js';
import { scalarKind } from '../../config/kinds/kind.js';
import { choice, integer, text } from '../../config/kinds/scalars.js';
import type { Settings } from '../../config/setting.js';

const SCHEMES = /^postgres(?:ql)?:\/\//;

/** The modes of libpq (https://www.postgresql.org/docs/current/libpq-ssl.html, table 32.1). */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

export const DATABASE_SETTINGS = {
  databaseUrl: {
    env: 'DATABASE_URL',
    yaml: 'database.url',
    kind: scalarKind({
      name: 'URL',
      expected: 'a URL such as postgres://user:password@host:5432/database',
      read: (raw) => (typeof raw === 'string' && SCHEMES.test(raw) ? raw : undefined),
    }),
    sentence: 'The database, as a URL; what it leaves out is taken from the DB_* settings.',
    secret: true,
  },
  dbHost: {
    env: 'DB_HOST',
    yaml: 'database.host',
    kind: host,
    default: 'localhost',
    sentence: 'Host of the PostgreSQL server.',
  },
  dbPort: {
    env: 'DB_PORT',
    yaml: 'database.port',
    kind: integer('(a port)', 1, 65_535),
    default: '5432',
    sentence: 'Port of the PostgreSQL server.',
  },
  dbName: {
    env: 'DB_NAME',
    yaml: 'database.name',
    kind: text('name'),
    default: 'postgres',
    sentence: 'Database; rows go into its schema contract_data.',
  },
  dbUser: { env: 'DB_USER', yaml: 'database.user', kind: text('name'), default: 'postgres', sentence: 'User.' },
  dbPassword: {
    env: 'DB_PASSWORD',
    yaml: 'database.password',
    kind: text('password'),
    sentence: 'Password of that user; unless given, what PGPASSWORD or the password file of libpq says.',
    secret: true,
  },
  dbSslMode: {
    env: 'DB_SSLMODE',
    yaml: 'database.sslmode',
    kind: choice(...SSL_MODES),
    default: 'prefer',
    sentence: 'Whether to use TLS and what to check of it, as libpq has it.',
  },
  dbSslRootCert: {
    env: 'DB_SSLROOTCERT',
    yaml: 'database.sslrootcert',
    kind: text('file path'),
    sentence: "PEM file of the authorities that sign the server's certificate; `system`: the well-known ones.",
  },
} as const satisfies Settings;
