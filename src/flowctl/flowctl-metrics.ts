/** What the controller does, in metrics and health. */
import type { HealthReporter } from '../ops/health.js';
import type { MetricHandles } from '../ops/metrics.js';
import type { FlowctlObserver } from './controller.js';

type FlowctlHandles = Pick<MetricHandles, 'flowctlRegistered' | 'flowctlHeartbeatsSent' | 'flowctlHeartbeatErrors'>;

/** flowctl never makes the service unhealthy: at worst it is degraded, since it works the same without. */
export function flowctlObserver({ of }: { readonly of: FlowctlHandles }, health: HealthReporter): FlowctlObserver {
  return {
    changed(state) {
      of.flowctlRegistered.set(state.kind === 'registered' ? 1 : 0);
      const reason = 'reason' in state ? state.reason : undefined;
      if (reason === undefined) health.ready();
      else health.degraded(`not registered with flowctl (${reason}); trying again`);
    },
    heartbeatSent: () => of.flowctlHeartbeatsSent.inc(),
    heartbeatFailed: () => of.flowctlHeartbeatErrors.inc(),
  };
}
