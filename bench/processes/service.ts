/** The service of the bench: `serve` as it ships, in a process of its own, seen through its ports alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** What the service logs when it listens. */
interface Ports {
  readonly flight: number;
  readonly grpc: number;
  readonly health: number;
}

/** Ended with this process, by one listener: there are more of them than Node takes for listeners without a leak. */
const running = new Set<ChildProcess>();
const killRunning = (): void => {
  for (const child of running) child.kill('SIGKILL');
};

export class ServiceProcess {
  /** `host:port` of Arrow Flight. */
  readonly address: string;
  /** `host:port` of the control plane. */
  readonly controlAddress: string;
  private readonly child: ChildProcess;
  private readonly healthPort: number;

  private constructor(child: ChildProcess, { flight, grpc, health }: Ports) {
    this.child = child;
    this.address = `127.0.0.1:${flight}`;
    this.controlAddress = `127.0.0.1:${grpc}`;
    this.healthPort = health;
  }

  /** Starts it on `source`, with further flags of `serve`; resolves when it listens. */
  static async start(source: string, flags: readonly string[] = []): Promise<ServiceProcess> {
    const local = ['--flight-address', '127.0.0.1:0', '--grpc-address', '127.0.0.1:0', '--health-host', '127.0.0.1'];
    const args = [MAIN, 'serve', ...local, '--health-port', '0', '--source-endpoint', source, ...flags];
    const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'inherit', 'pipe'] });
    if (running.size === 0) process.on('exit', killRunning);
    running.add(child);
    child.once('exit', () => {
      running.delete(child);
      if (running.size === 0) process.off('exit', killRunning);
    });
    const log = createInterface(child.stderr);
    for await (const line of log) {
      const { msg, ...ports } = JSON.parse(line) as Ports & { readonly msg?: string };
      if (msg !== 'serving') continue;
      // What it logs from here on is not read, and must not stop it either.
      child.stderr.resume();
      return new ServiceProcess(child, ports);
    }
    throw new Error('the service ended before it listened');
  }

  async isReady(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.healthPort}/ready`)).status === 200;
  }

  /** Resident set in bytes and processor time in milliseconds, by its own /metrics. */
  async usage(): Promise<{ readonly rssBytes: number; readonly cpuMs: number }> {
    const text = await (await fetch(`http://127.0.0.1:${this.healthPort}/metrics`)).text();
    const valueOf = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    return {
      rssBytes: valueOf('process_resident_memory_bytes'),
      cpuMs: 1000 * valueOf('process_cpu_seconds_total'),
    };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
