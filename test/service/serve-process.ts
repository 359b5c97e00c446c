/** Commands of the program as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServicePorts } from '../../src/service.js';
import type { Cleanup } from './cleanup.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard error: for `serve` its log. */
  readonly errors: string;
}

export interface Command {
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
  /** Resolves with the first line of standard error that `find` finds something in; rejects when the command ends. */
  line<T>(find: (line: string) => T | undefined): Promise<T>;
}

export function runCommand(
  cleanup: Cleanup,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Command {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener(line);
  });
  const exit = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    errors: lines.join('\n'),
  }));
  cleanup.after(() => void child.kill('SIGKILL'));
  return {
    child,
    exit,
    line: (find) =>
      new Promise((resolve, reject) => {
        const listener = (line: string): void => {
          const found = find(line);
          if (found !== undefined) resolve(found);
        };
        lines.forEach(listener);
        listeners.add(listener);
        void exit.then(({ code, errors }) => reject(new Error(`ended with ${code}: ${errors}`)));
      }),
  };
}

export interface ServeProcess extends Command {
  readonly ports: ServicePorts;
}

/** `serve` in front of `source`, on ports that the system chooses. */
export async function runServe(
  cleanup: Cleanup,
  source: { readonly port: number },
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  const command = runCommand(cleanup, ['serve'], {
    FLIGHT_ADDRESS: '127.0.0.1:0',
    GRPC_ADDRESS: '127.0.0.1:0',
    HEALTH_HOST: '127.0.0.1',
    HEALTH_PORT: '0',
    SOURCE_ENDPOINT: `127.0.0.1:${source.port}`,
    WORKER_COUNT: '1',
    ...env,
  });
  const ports = await command.line((line) => {
    const entry = JSON.parse(line) as ServicePorts & { msg: string };
    return entry.msg === 'serving' ? entry : undefined;
  });
  return { ...command, ports };
}

/** Resident bytes of a process, from /proc; undefined where there is none. */
export function residentBytes({ child }: Pick<Command, 'child'>): number | undefined {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  } catch {
    return undefined;
  }
}
