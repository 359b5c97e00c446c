/** Which database to connect to, and as whom. */
import type { Values } from '../../config/setting.js';
import { ProcessorError } from '../../../workers/errors.js';
import { type DATABASE_SETTINGS, SSL_MODES } from './database-settings.js';

export type SslMode = (typeof SSL_MODES)[number];
export type DatabaseValues = Values<typeof DATABASE_SETTINGS>;

export interface DatabaseTarget {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Undefined: PGPASSWORD or the password file. */
  readonly password: string | undefined;
  readonly sslMode: SslMode;
  /** Path of a PEM file, or `system`. */
  readonly sslRootCert: string | undefined;
  readonly applicationName: string;
  /** Longest that the connection may take. */
  readonly connectTimeoutMs: number;
}

const DEFAULT_APPLICATION_NAME = 'contract-data-processor';
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** Parameters that a URL may carry behind its question mark, of those in libpq's section 32.1.2. */
const URL_PARAMETERS = ['host', 'sslmode', 'sslrootcert', 'application_name', 'connect_timeout'] as const;
type UrlParameter = (typeof URL_PARAMETERS)[number];

/** What DATABASE_URL says, completed from the DB_* settings. Throws CONFIG_INVALID, without the URL in its text. */
export function databaseTarget(values: DatabaseValues): DatabaseTarget {
  const target: DatabaseTarget = {
    host: values.dbHost,
    port: values.dbPort,
    database: values.dbName,
    user: values.dbUser,
    password: values.dbPassword,
    sslMode: values.dbSslMode,
    sslRootCert: values.dbSslRootCert,
    applicationName: DEFAULT_APPLICATION_NAME,
    connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
  };
  const { databaseUrl } = values;
  const completed = databaseUrl === undefined ? target : { ...target, ...urlParts(databaseUrl) };
  checkTls(completed);
  return completed;
}

/** A target from its URL alone, such as the one of an embedded server. Throws CONFIG_INVALID. */
export function targetOfUrl(databaseUrl: string): DatabaseTarget {
  return databaseTarget({
    databaseUrl,
    dbHost: 'localhost',
    dbPort: 5432,
    dbName: 'postgres',
    dbUser: 'postgres',
    dbPassword: undefined,
    dbSslMode: 'prefer',
    dbSslRootCert: undefined,
  });
}

/** The target as a URL for logs: `***` stands for the password. */
export function maskedUrl(target: DatabaseTarget): string {
  const { host, port, database, user, password, sslMode } = target;
  const credentials = `${encodeURIComponent(user)}${password === undefined ? '' : ':***'}`;
  const isSocket = host.startsWith('/');
  const authority = isSocket ? '' : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const socket = isSocket ? `host=${encodeURIComponent(host)}&` : '';
  return `postgres://${credentials}@${authority}/${encodeURIComponent(database)}?${socket}sslmode=${sslMode}`;
}

function urlParts(text: string): Partial<DatabaseTarget> {
  const url = parsedUrl(text);
  const parameters = urlParameters(url);
  // In a URL, brackets are part of an IPv6 host.
  const host = parameters.get('host') ?? decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  const database = decoded(url.pathname.slice(1));
  const sslMode = parameters.get('sslmode');
  if (sslMode !== undefined && !isSslMode(sslMode)) throw invalid(`sslmode: one of ${SSL_MODES.join(', ')} expected`);
  const seconds = parameters.get('connect_timeout');
  if (seconds !== undefined && !/^[1-9]\d{0,4}$/.test(seconds)) throw invalid('connect_timeout: seconds expected');
  return {
    ...(host !== '' && { host }),
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(database !== '' && { database }),
    ...(url.username !== '' && { user: decoded(url.username) }),
    ...(url.password !== '' && { password: decoded(url.password) }),
    ...(sslMode !== undefined && { sslMode }),
    ...optional('sslRootCert', parameters.get('sslrootcert')),
    ...optional('applicationName', parameters.get('application_name')),
    ...(seconds !== undefined && { connectTimeoutMs: Number(seconds) * 1000 }),
  };
}

function parsedUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    // `postgres://user@/database?host=/socket/folder` is legal for libpq, but a URL with a user must have a host.
    const withHost = text.replace(/^(\w+:\/\/[^/?#]*@)(?=[/?]|$)/, '$1socket');
    if (withHost !== text && URL.canParse(withHost)) return withoutHost(new URL(withHost));
    throw new ProcessorError('CONFIG_INVALID', `${LABEL}: not a URL`, { key: LABEL }, cause);
  }
}

function withoutHost(url: URL): URL {
  if (!url.searchParams.has('host')) throw invalid('a host expected');
  return url;
}

function urlParameters(url: URL): ReadonlyMap<UrlParameter, string> {
  for (const name of url.searchParams.keys()) {
    if (!(URL_PARAMETERS as readonly string[]).includes(name)) {
      throw invalid(`parameter ${name} is not known (known: ${URL_PARAMETERS.join(', ')})`);
    }
  }
  return new Map([...url.searchParams] as [UrlParameter, string][]);
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('a % that begins no escape (write %25)');
  }
}

function isSslMode(text: string): text is SslMode {
  return (SSL_MODES as readonly string[]).includes(text);
}

/** As libpq: verifying takes authorities, and the well-known ones sign for anyone, so the host must be checked then. */
function checkTls({ sslMode, sslRootCert }: DatabaseTarget): void {
  const isVerifying = sslMode === 'verify-ca' || sslMode === 'verify-full';
  if (isVerifying && sslRootCert === undefined) {
    throw invalid(`sslmode ${sslMode}: DB_SSLROOTCERT expected (a PEM file, or system)`, 'DB_SSLROOTCERT');
  }
  if (sslRootCert === 'system' && sslMode !== 'verify-full') {
    throw invalid('sslrootcert system: sslmode verify-full expected', 'DB_SSLMODE');
  }
}

const LABEL = 'DATABASE_URL';

function invalid(fault: string, key = LABEL): ProcessorError {
  return new ProcessorError('CONFIG_INVALID', `${key}: ${fault}`, { key });
}
