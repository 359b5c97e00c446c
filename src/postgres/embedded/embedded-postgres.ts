/** A PostgreSQL server of our own, for demonstrations and tests: on 127.0.0.1 only, behind a random password. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type NativeFiles, nativeFiles } from './native-files.js';
import { type ServerProcess, ServerStartError, startServer } from './server-process.js';
import { serverUser, type ServerUser } from './server-user.js';

export interface EmbeddedPostgresOptions {
  /** Kept when the server stops, and taken up again; unless given, a temporary folder that goes with the server. */
  readonly dataDir?: string;
  /** Any free one unless given. */
  readonly port?: number;
  /** Whether data survives a crash of the machine; a crash of the server it always survives. Default true. */
  readonly durable?: boolean;
  /** More settings, by their names in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Takes the server's log, line by line. */
  readonly log?: (line: string) => void;
  /** Folder of the platform's package, and where to keep a copy of it where it cannot be run in place. */
  readonly packageDir?: string;
  readonly cacheDir?: string;
}

export interface EmbeddedPostgres {
  /** With the password. The user is a superuser. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Ends all sessions and stops cleanly; a temporary data folder is removed. May be called again. */
  stop(): Promise<void>;
  /** Crashes the server with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it on the same port with the same data, after it was stopped cleanly where it still runs. */
  restart(): Promise<void>;
}

const USER = 'postgres';
const PASSWORD_FILE = 'contract-data-processor.password';
const PORT_ATTEMPTS = 5;
/** After a crash the old sessions must have ended before a new server takes the data; they see it within moments. */
const CRASHED_SESSIONS = 'is still in use';
const CRASHED_SESSIONS_WAIT_MS = 100;
const CRASHED_SESSIONS_ATTEMPTS = 600;

/** Throws with the server's own words where it does not come up. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const user = serverUser(log);
  const native = nativeFiles({ user, packageDir: options.packageDir, cacheDir: options.cacheDir, log });
  const isTemporary = options.dataDir === undefined;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'contract-data-postgres-'));
  const removeTemporary = (): void => {
    if (isTemporary) rmSync(dataDir, { recursive: true, force: true });
  };
  const cluster: Cluster = { native, user, dataDir, isTemporary, options, log };
  let port = options.port ?? 0;
  let server: ServerProcess | undefined;
  const start = async (): Promise<void> => {
    ({ port, server } = await startOnPort(cluster, port));
  };

  try {
    if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(cluster);
    await start();
  } catch (error) {
    removeTemporary();
    throw error;
  }
  const password = readFileSync(join(dataDir, PASSWORD_FILE), 'utf8').trim();

  const end = async (signal: 'SIGINT' | 'SIGKILL'): Promise<void> => {
    const ending = server;
    server = undefined;
    await ending?.end(signal);
  };
  return {
    url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`,
    port,
    dataDir,
    async stop() {
      await end('SIGINT');
      removeTemporary();
    },
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGINT');
      await start();
    },
  };
}

interface Cluster {
  readonly native: NativeFiles;
  readonly user: ServerUser | undefined;
  readonly dataDir: string;
  readonly isTemporary: boolean;
  readonly options: EmbeddedPostgresOptions;
  readonly log: (line: string) => void;
}

async function initialise({ native, user, dataDir }: Cluster): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (user !== undefined) chownSync(dataDir, user.uid, user.gid);
  const passwords = mkdtempSync(join(tmpdir(), 'contract-data-password-'));
  try {
    const file = join(passwords, 'password');
    const password = randomBytes(18).toString('base64url');
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
    if (user !== undefined) for (const path of [passwords, file]) chownSync(path, user.uid, user.gid);
    const args = ['--pgdata', dataDir, '--username', USER, '--auth', 'scram-sha-256', '--pwfile', file, '--no-sync'];
    // Text is UTF-8 and sorts by bytes, whatever the machine's locale.
    args.push('--encoding', 'UTF8', '--locale', 'C', '--no-instructions');
    await promisify(execFile)(native.initdb, args, { ...user, cwd: '/' });
    writeFileSync(join(dataDir, PASSWORD_FILE), `${password}\n`, { mode: 0o600 });
  } finally {
    rmSync(passwords, { recursive: true, force: true });
  }
}

async function startOnPort(
  { native, user, dataDir, isTemporary, options, log }: Cluster,
  wantedPort: number,
): Promise<{ readonly port: number; readonly server: ServerProcess }> {
  for (let portsTried = 1, waits = 0; ;) {
    const port = wantedPort === 0 ? await freePort() : wantedPort;
    const args = ['-D', dataDir, ...settingArguments(port, options)];
    const temporary = isTemporary ? dataDir : undefined;
    try {
      return { port, server: await startServer({ program: native.postgres, arguments: args, user, temporary, log }) };
    } catch (error) {
      const reason = error instanceof ServerStartError ? error.message : '';
      if (reason.includes(CRASHED_SESSIONS) && waits < CRASHED_SESSIONS_ATTEMPTS) {
        waits += 1;
        await new Promise((resolve) => setTimeout(resolve, CRASHED_SESSIONS_WAIT_MS));
      } else if (reason.includes('Address already in use') && wantedPort === 0 && portsTried < PORT_ATTEMPTS) {
        // Another program took the port between our look and the server's start.
        portsTried += 1;
      } else {
        throw error;
      }
    }
  }
}

function settingArguments(port: number, { durable = true, settings = {} }: EmbeddedPostgresOptions): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // None, so that there is no folder that it would have to be let into.
    unix_socket_directories: '',
    ...(!durable && { fsync: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
