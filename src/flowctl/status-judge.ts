/**
 * How well the service does, from its error rate and from how long it has stood still.
 *
 *   HEALTHY --rate >= degraded, or stale--> DEGRADED --rate >= unhealthy--> UNHEALTHY
 *           <--rate < degraded / 2--------           <--rate < unhealthy / 2--
 *
 * It worsens at once and recovers at half of what made it worse, so that a rate near a threshold does not flap.
 */

export interface StatusThresholds {
  /** Percent. */
  readonly degradedErrorRate: number;
  readonly unhealthyErrorRate: number;
  readonly staleAfterMs: number;
}

export type JudgedStatus = 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY';

const RECOVERY_SHARE = 0.5;
const LEVELS = ['HEALTHY', 'DEGRADED', 'UNHEALTHY'] as const;

export class StatusJudge {
  private readonly thresholds: StatusThresholds;
  private level = 0;

  constructor(thresholds: StatusThresholds) {
    this.thresholds = thresholds;
  }

  /** `errorRate` in percent; `staleMs`: how long ledgers have been there without one being delivered, 0 if none is. */
  judge(errorRate: number, staleMs: number): JudgedStatus {
    const { degradedErrorRate, unhealthyErrorRate, staleAfterMs } = this.thresholds;
    const reached = levelOf(errorRate, degradedErrorRate, unhealthyErrorRate);
    const held = levelOf(errorRate, degradedErrorRate * RECOVERY_SHARE, unhealthyErrorRate * RECOVERY_SHARE);
    this.level = Math.max(reached, Math.min(this.level, held));
    return LEVELS[Math.max(this.level, staleMs >= staleAfterMs ? 1 : 0)]!;
  }
}

function levelOf(errorRate: number, degradedFrom: number, unhealthyFrom: number): number {
  if (errorRate >= unhealthyFrom) return 2;
  return errorRate >= degradedFrom ? 1 : 0;
}
