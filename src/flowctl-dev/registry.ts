/**
 * What flowctl remembers of components, and its janitor: every `sweepMs` it marks HEALTHY components that have been
 * silent for longer than `ttlMs` as UNHEALTHY. Nothing is deleted by age.
 */
import type { ComponentInfo } from '../flowctl/registration.js';
import type { Clock } from '../ops/clock.js';

export type HealthStatusName =
  `HEALTH_STATUS_${'UNKNOWN' | 'STARTING' | 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY' | 'STOPPING'}`;

/** A component as it was registered: what version 1 takes, or what the legacy service has of it. */
export type RegisteredInfo = Omit<ComponentInfo, 'type'> & { readonly type: string };

export interface RegisteredComponent {
  readonly id: string;
  readonly info: RegisteredInfo;
  status: HealthStatusName;
  /** Monotonic clock. */
  lastSeenMs: number;
  lastHeartbeat: Date;
  readonly registeredAt: Date;
  metrics: Readonly<Record<string, string>>;
  /** Since it was registered. */
  heartbeats: number;
}

export type RegistryEvent = 'registered' | 'heartbeat' | 'unhealthy' | 'unregistered';

export interface RegistryOptions {
  readonly clock: Clock;
  readonly ttlMs?: number;
  readonly sweepMs?: number;
  readonly onEvent?: (event: RegistryEvent, component: RegisteredComponent) => void;
}

const TTL_MS = 30_000;
const SWEEP_MS = 10_000;

export class Registry {
  private readonly options: RegistryOptions;
  private readonly components = new Map<string, RegisteredComponent>();
  private cancelSweep: () => void = () => undefined;

  constructor(options: RegistryOptions) {
    this.options = options;
  }

  get all(): RegisteredComponent[] {
    return [...this.components.values()];
  }

  find(id: string): RegisteredComponent | undefined {
    return this.components.get(id);
  }

  /** Overwrites a component of the same id: HEALTHY, without metrics. */
  register(id: string, info: RegisteredInfo): RegisteredComponent {
    const now = new Date();
    const component: RegisteredComponent = {
      id,
      info,
      status: 'HEALTH_STATUS_HEALTHY',
      lastSeenMs: this.options.clock.now(),
      lastHeartbeat: now,
      registeredAt: now,
      metrics: {},
      heartbeats: 0,
    };
    this.components.set(id, component);
    this.options.onEvent?.('registered', component);
    return component;
  }

  /** Notes a heartbeat, with what `change` makes of it. False where the component is not known. */
  heartbeat(id: string, change: (component: RegisteredComponent) => void): boolean {
    const component = this.components.get(id);
    if (component === undefined) return false;
    component.lastSeenMs = this.options.clock.now();
    component.heartbeats += 1;
    change(component);
    this.options.onEvent?.('heartbeat', component);
    return true;
  }

  unregister(id: string): void {
    const component = this.components.get(id);
    this.components.delete(id);
    if (component !== undefined) this.options.onEvent?.('unregistered', component);
  }

  startJanitor(): void {
    this.cancelSweep = this.options.clock.after(this.options.sweepMs ?? SWEEP_MS, () => {
      this.sweep();
      this.startJanitor();
    });
  }

  stopJanitor(): void {
    this.cancelSweep();
  }

  private sweep(): void {
    const staleBefore = this.options.clock.now() - (this.options.ttlMs ?? TTL_MS);
    for (const component of this.components.values()) {
      if (component.lastSeenMs >= staleBefore || component.status !== 'HEALTH_STATUS_HEALTHY') continue;
      component.status = 'HEALTH_STATUS_UNHEALTHY';
      this.options.onEvent?.('unhealthy', component);
    }
  }
}
