/**
 * What state the service is in, as its components report it:
 *
 *   starting     not ready yet                                   ┐ unhealthy, not ready
 *   unavailable  cannot serve now, may again by itself           ┘
 *   ready        serves
 *   degraded     serves, with something wrong                    -> degraded, ready
 *   dead         will not serve again without a restart          -> unhealthy, not ready, not live
 *
 * The service is what its worst component is. Without components it is not ready.
 */

export type ComponentHealth =
  | { readonly state: 'ready' }
  | { readonly state: 'starting' | 'degraded' | 'unavailable' | 'dead'; readonly reason: string };

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

export interface HealthReport {
  readonly status: HealthStatus;
  /** Requests are worth sending. */
  readonly ready: boolean;
  /** A restart would not help. */
  readonly live: boolean;
  /** `component: reason` for each that is not ready. */
  readonly reasons: readonly string[];
  readonly components: Readonly<Record<string, ComponentHealth>>;
}

/** A component's way to report itself; the last report counts. */
export interface HealthReporter {
  ready(): void;
  starting(reason: string): void;
  degraded(reason: string): void;
  unavailable(reason: string): void;
  dead(reason: string): void;
}

export class Health {
  private readonly components = new Map<string, ComponentHealth>();
  private readonly listeners = new Set<(report: HealthReport) => void>();

  /** Adds a component, which is starting until it reports otherwise. */
  component(name: string): HealthReporter {
    if (this.components.has(name)) throw new Error(`health component ${name} exists already`);
    const report = (health: ComponentHealth): void => {
      this.components.set(name, health);
      const now = this.report();
      for (const listener of this.listeners) listener(now);
    };
    report({ state: 'starting', reason: 'starting' });
    return {
      ready: () => report({ state: 'ready' }),
      starting: (reason) => report({ state: 'starting', reason }),
      degraded: (reason) => report({ state: 'degraded', reason }),
      unavailable: (reason) => report({ state: 'unavailable', reason }),
      dead: (reason) => report({ state: 'dead', reason }),
    };
  }

  report(): HealthReport {
    const all = [...this.components.values()];
    const ready = all.length > 0 && all.every(({ state }) => state === 'ready' || state === 'degraded');
    const isDegraded = all.some(({ state }) => state === 'degraded');
    return {
      status: !ready ? 'unhealthy' : isDegraded ? 'degraded' : 'healthy',
      ready,
      live: all.every(({ state }) => state !== 'dead'),
      reasons: [...this.components].flatMap(([name, health]) =>
        health.state === 'ready' ? [] : [`${name}: ${health.reason}`],
      ),
      components: Object.fromEntries(this.components),
    };
  }

  /** Calls `listener` now and after every report of a component, until the returned function is called. */
  watch(listener: (report: HealthReport) => void): () => void {
    this.listeners.add(listener);
    listener(this.report());
    return () => this.listeners.delete(listener);
  }
}
