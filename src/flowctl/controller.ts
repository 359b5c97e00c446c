/**
 * Keeps this service registered with flowctl, in the background, whatever flowctl does. The service works the same
 * without it.
 *
 *                start              accepted
 *   disabled ───────────> connecting ──────────> registered ──────┐
 *                         │  ▲    │                │    ▲         │
 *                         └──┘    │      heartbeat │    │ accepted│ stop
 *                        refused: │       failed,  │    │ again   ▼
 *                        backoff  │   disconnected ▼    │      stopping
 *                                 │               lost ─┘         ▲
 *                                 │               │  ▲ refused:   │
 *                                 │               └──┘ backoff    │
 *                                 └───────────────┴───────────────┘
 *
 * - One failed heartbeat ends a registration: until flowctl has accepted another one, nobody can know whether it still
 *   has us, in which state, and whether it is the same flowctl. Registering again overwrites, so it heals everything: a
 *   restart with or without memory, a janitor that has marked us as unhealthy, another generation of server.
 * - Each registration has a connection of its own, so that a hung one is left behind.
 * - The first heartbeat goes out at once, since flowctl begins each registration without metrics.
 * - Who stops during a registration waits for its answer, briefly, so that none is left behind in flowctl.
 */
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/logger.js';
import { backoffMs } from '../source/backoff.js';
import { FlowctlConnection, type FlowctlAddress } from './connection.js';
import { type ControlPlane, isUnknownComponent, register, unregister } from './control-plane.js';
import { FLOWCTL_TTL_MS } from './flowctl-options.js';
import type { Registration } from './registration.js';
import type { ActivityReport } from './sampled-activity.js';

interface Accepted {
  readonly controlPlane: ControlPlane;
  readonly connection: FlowctlConnection;
}

export type FlowctlState =
  | { readonly kind: 'disabled' | 'stopping' }
  | ({ readonly kind: 'registered' } & Accepted)
  /** `reason` is why the last attempt failed; absent before the first. */
  | { readonly kind: 'connecting' | 'lost'; readonly failures: number; readonly reason?: string };

const EDGES: Readonly<Record<FlowctlState['kind'], readonly FlowctlState['kind'][]>> = {
  disabled: ['connecting'],
  connecting: ['connecting', 'registered', 'stopping'],
  registered: ['lost', 'stopping'],
  lost: ['lost', 'registered', 'stopping'],
  stopping: [],
};

export interface FlowctlDeadlines {
  readonly registerMs: number;
  readonly heartbeatMs: number;
  /** For each of: a registration under way, the last heartbeat, leaving. Together they stay below a second. */
  readonly leavingMs: number;
}

const DEADLINES: FlowctlDeadlines = { registerMs: 5000, heartbeatMs: 2000, leavingMs: 300 };
const BACKOFF = { firstMs: 500, maxMs: 10_000 };

/** What happens, for metrics and health. */
export interface FlowctlObserver {
  changed(state: FlowctlState): void;
  heartbeatSent(): void;
  heartbeatFailed(): void;
}

export interface FlowctlControllerOptions {
  readonly id: string;
  readonly address: FlowctlAddress;
  readonly heartbeatIntervalMs: number;
  /** Asked anew each time: the address by which others reach us may change with the network. */
  readonly registration: () => Promise<Registration>;
  readonly report: () => Promise<ActivityReport>;
  readonly observer: FlowctlObserver;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly deadlines?: FlowctlDeadlines;
  /** Spreads the backoff: 0 up to 1. */
  readonly random?: () => number;
}

export class FlowctlController {
  private readonly options: FlowctlControllerOptions;
  private readonly deadlines: FlowctlDeadlines;
  private state: FlowctlState = { kind: 'disabled' };
  private registering: Promise<Accepted | Error> | undefined;
  private wake: () => void = () => undefined;

  constructor(options: FlowctlControllerOptions) {
    this.options = options;
    this.deadlines = options.deadlines ?? DEADLINES;
  }

  get current(): FlowctlState {
    return this.state;
  }

  /** Begins to register; call it when the ports that are published are listened on. */
  start(): void {
    const { heartbeatIntervalMs, logger } = this.options;
    if (heartbeatIntervalMs >= FLOWCTL_TTL_MS / 2) {
      logger.warn({ heartbeatIntervalMs }, 'one lost heartbeat is enough for flowctl to take this service for dead');
    }
    this.enter({ kind: 'connecting', failures: 0 });
    void this.run();
  }

  /** Says STOPPING and unregisters, within a second. Never rejects. */
  async stop(): Promise<void> {
    const { state, registering } = this;
    if (state.kind === 'stopping' || state.kind === 'disabled') return;
    this.enter({ kind: 'stopping' });
    this.wake();
    if (state.kind === 'registered') {
      await this.leave(state);
      return;
    }
    const answer = registering && (await Promise.race([registering, this.pause(this.deadlines.leavingMs)]));
    this.wake();
    if (answer !== undefined && !(answer instanceof Error)) {
      await this.leave(answer);
      return;
    }
    void registering?.then((late) => (late instanceof Error ? undefined : this.leave(late)));
    await this.leaveUnsure();
  }

  private async run(): Promise<void> {
    while (this.state.kind !== 'stopping') {
      this.registering = this.register();
      const answer = await this.registering;
      this.registering = undefined;
      if (this.isStopping()) return;
      if (answer instanceof Error) {
        await this.retryLater(answer.message);
        continue;
      }
      this.enter({ kind: 'registered', ...answer });
      const failure = await this.beat(answer);
      if (this.isStopping()) return;
      answer.connection.close();
      await this.lost(failure);
    }
  }

  private async register(): Promise<Accepted | Error> {
    const connection = new FlowctlConnection(this.options.address);
    try {
      const registration = await this.options.registration();
      const controlPlane = await register(connection, registration, this.deadlines.registerMs);
      return { controlPlane, connection };
    } catch (error) {
      connection.close();
      return asError(error);
    }
  }

  /** Heartbeats until one fails, the connection breaks, or the end. */
  private async beat({ controlPlane, connection }: Accepted): Promise<Error> {
    const { address, heartbeatIntervalMs, report, observer, logger } = this.options;
    logger.info({ control_plane: controlPlane.name, target: address.target }, 'registered with flowctl');
    const broken = new AbortController();
    connection.onceLost(() => {
      broken.abort();
      this.wake();
    });
    for (;;) {
      try {
        await controlPlane.heartbeat(await report(), this.deadlines.heartbeatMs);
        observer.heartbeatSent();
      } catch (error) {
        observer.heartbeatFailed();
        return asError(error);
      }
      if (!broken.signal.aborted) await this.pause(heartbeatIntervalMs);
      if (broken.signal.aborted || this.isStopping()) return new Error('the connection broke');
    }
  }

  private async lost(failure: Error): Promise<void> {
    this.enter({ kind: 'lost', failures: 0, reason: failure.message });
    this.options.logger.warn({ reason: failure.message }, 'lost the registration with flowctl; registering again');
    // A flowctl that says it does not know us is there.
    if (!isUnknownComponent(failure)) await this.pause(this.backoff(0));
  }

  private async retryLater(reason: string): Promise<void> {
    const { state } = this;
    if (state.kind !== 'connecting' && state.kind !== 'lost') return;
    const failures = state.failures + 1;
    this.enter({ kind: state.kind, failures, reason });
    const level = failures === 1 ? 'warn' : 'debug';
    this.options.logger[level]({ reason, failures }, 'flowctl did not take the registration; trying again');
    await this.pause(this.backoff(failures));
  }

  private backoff(failures: number): number {
    return backoffMs(failures, BACKOFF, this.options.random ?? Math.random);
  }

  private async leave({ controlPlane, connection }: Accepted): Promise<void> {
    const { report, observer, logger } = this.options;
    const { leavingMs } = this.deadlines;
    const { name, leaving } = controlPlane;
    try {
      if (leaving === undefined) {
        logger.info({ control_plane: name }, 'this flowctl cannot be told that we leave: heartbeats just end');
        return;
      }
      await leaving.stopping(await report(), leavingMs).then(
        () => observer.heartbeatSent(),
        () => observer.heartbeatFailed(),
      );
      await leaving.unregister(leavingMs);
      logger.info('unregistered from flowctl');
    } catch (error) {
      logger.warn({ reason: asError(error).message }, 'could not unregister from flowctl');
    } finally {
      connection.close();
    }
  }

  /** Leaves a flowctl that may or may not have us. */
  private async leaveUnsure(): Promise<void> {
    const connection = new FlowctlConnection(this.options.address);
    try {
      await unregister(connection, this.options.id, this.deadlines.leavingMs);
    } catch {
      // It is away, or a legacy one: there is nobody to tell.
    } finally {
      connection.close();
    }
  }

  private enter(next: FlowctlState): void {
    const from = this.state.kind;
    if (!EDGES[from].includes(next.kind)) throw new Error(`flowctl controller: ${from} cannot become ${next.kind}`);
    this.state = next;
    this.options.observer.changed(next);
  }

  private isStopping(): boolean {
    return this.state.kind === 'stopping';
  }

  /** Waits for `ms`, or until {@link wake} is called. */
  private async pause(ms: number): Promise<undefined> {
    await new Promise<void>((resolve) => {
      const cancel = this.options.clock.after(ms, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
