/** A source, threads and a service that fail as a schedule says, and can be started again or mended. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../service/cleanup.js';
import { faultyThreads, type FaultyThreads } from '../quarantine/faulty-thread.js';
import { eventually, type RunningService, runService } from '../service/running-service.js';
import { type SimulatedSource, simulatedSource } from '../service/simulated-source.js';
import type { Schedule } from './schedule.js';

export class World {
  readonly quarantineDirectory: string;
  private readonly schedule: Schedule;
  private readonly cleanup: Cleanup;
  private readonly threads: FaultyThreads;
  private source: SimulatedSource;
  private running: Promise<RunningService>;
  private isMended = false;
  private restarts: Promise<void> = Promise.resolve();

  private constructor(schedule: Schedule, cleanup: Cleanup, source: SimulatedSource) {
    this.schedule = schedule;
    this.cleanup = cleanup;
    this.source = source;
    this.threads = faultyThreads(cleanup, schedule.threadFaults);
    this.quarantineDirectory = mkdtempSync(join(tmpdir(), 'schedule-'));
    cleanup.after(() => rmSync(this.quarantineDirectory, { recursive: true }));
    this.running = this.startService();
  }

  static async start(schedule: Schedule, cleanup: Cleanup): Promise<World> {
    const { protocol, sourceFaults: faults } = schedule;
    return new World(schedule, cleanup, await sourceOnKeepablePort(cleanup, { protocols: [protocol], faults }));
  }

  /** The service that runs now, or will once it has been started again. */
  get service(): Promise<RunningService> {
    return this.running;
  }

  /** Kills the source; another one with the same faults takes its place. One after the other: they want the same port. */
  restartSource(): Promise<void> {
    this.restarts = this.restarts.then(() => this.replaceSource());
    return this.restarts;
  }

  private async replaceSource(): Promise<void> {
    this.source.close();
    const { protocol, sourceFaults } = this.schedule;
    const options = { protocols: [protocol], ...(!this.isMended && { faults: sourceFaults }) };
    await eventually('the port of the source is free again', async () => {
      try {
        this.source = await simulatedSource(this.cleanup, options, this.source.port);
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Stops the service as SIGTERM does, and starts it again. */
  async restartService(): Promise<void> {
    const before = await this.running;
    this.running = before.stop().then(() => this.startService());
    await this.running;
  }

  /** What an operator does about a permanent fault: from now on, nothing goes wrong. */
  async mend(): Promise<void> {
    this.isMended = true;
    this.threads.plan([]);
    await this.restartSource();
  }

  private startService(): Promise<RunningService> {
    const { policy, ledgersPerTask } = this.schedule;
    return runService(
      this.cleanup,
      this.source,
      {
        ON_BAD_LEDGER: policy,
        QUARANTINE_DIR: this.quarantineDirectory,
        LEDGERS_PER_TASK: String(ledgersPerTask),
        SOURCE_GAP_RETRIES: '3',
        SOURCE_IDLE_TIMEOUT: '250ms',
        WORKER_COUNT: '2',
        SHUTDOWN_TIMEOUT: '5s',
        SESSION_WINDOW_MB: '4',
        SLOW_READER_TIMEOUT: '250ms',
        LOG_LEVEL: 'warn',
      },
      {
        threadEntry: this.threads.entry,
        taskTimeoutMs: 5_000,
        sourcePatience: { backoff: { firstMs: 5, maxMs: 50 }, gapWaitMs: 50 },
      },
    );
  }
}

/**
 * On a port from below those that systems give to outgoing connections (Linux: from 32768 on), one of which could take it
 * while the source is away.
 */
async function sourceOnKeepablePort(
  cleanup: Cleanup,
  options: Parameters<typeof simulatedSource>[1],
): Promise<SimulatedSource> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await simulatedSource(cleanup, options, 20_000 + Math.floor(Math.random() * 12_000));
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}
