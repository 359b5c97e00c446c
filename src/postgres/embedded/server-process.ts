/**
 * One run of the postgres program.
 *
 * - It is its own session: Ctrl-C at the terminal reaches us and not it, so that we can finish our work with it first.
 * - It never outlives us: a leash, a shell that reads a pipe from us, stops it when the pipe closes, however we end, and
 *   removes its data if they were temporary.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ServerUser } from './server-user.js';

export interface ServerStart {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly user: ServerUser | undefined;
  /** Folder to remove should this process end before the server. */
  readonly temporary?: string | undefined;
  readonly log: (line: string) => void;
}

export interface ServerProcess {
  /** SIGINT ends sessions and stops cleanly (fast shutdown); SIGKILL is a crash. Resolves when the process is gone. */
  end(signal: 'SIGINT' | 'SIGKILL'): Promise<void>;
}

/** The server did not come up; the message holds what it said. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
}

const LEASH = `
cat
kill -INT "$1"
for _ in $(seq 100); do kill -0 "$1" || break; sleep 0.1; done
[ -z "$2" ] || rm -rf "$2"`;

const READY = 'database system is ready to accept connections';
const MOST_LINES_KEPT = 20;

/** Resolves when the server accepts connections. Throws {@link ServerStartError}. */
export async function startServer(start: ServerStart): Promise<ServerProcess> {
  const child = spawn(start.program, start.arguments, {
    ...start.user,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    // Messages in English, since one is waited for.
    env: { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' },
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const leash = spawn('/bin/sh', ['-c', LEASH, 'leash', String(child.pid), start.temporary ?? ''], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // At once, since the process id may soon be another's.
  void gone.then(() => leash.kill('SIGKILL'));
  await ready(child, start.log);
  // Neither may keep this process from ending: its end is what the leash waits for.
  child.unref();
  leash.unref();
  unrefPipe(child.stderr);
  unrefPipe(leash.stdin);
  return {
    async end(signal) {
      child.ref();
      child.kill(signal);
      await gone;
    },
  };
}

async function ready(child: ChildProcess, log: (line: string) => void): Promise<void> {
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr! });
  await new Promise<void>((resolve, reject) => {
    const fail = (what: string): void => reject(new ServerStartError([what, ...said].join('\n  ')));
    child.once('error', (error) => fail(error.message));
    // Not at `exit`, when its last words may still be in the pipe.
    child.once('close', (code, signal) => fail(`postgres ended at once (${signal ?? `exit code ${code}`})`));
    lines.on('line', (line) => {
      log(line);
      if (said.length < MOST_LINES_KEPT) said.push(line);
      if (line.includes(READY)) resolve();
    });
  });
}

/** Pipes of child processes are sockets, which the stream types do not say. */
function unrefPipe(stream: unknown): void {
  (stream as { unref?: () => void } | null)?.unref?.();
}
