/** The health of one side, Flight or PostgreSQL, as all who use it find it. */
import type { HealthReporter } from '../../ops/health.js';

export class SideHealth {
  private readonly reporter: HealthReporter;
  /** Who has trouble with it. */
  private readonly troubled = new Set<object>();

  constructor(reporter: HealthReporter) {
    this.reporter = reporter;
  }

  failed(user: object, reason: string): void {
    this.troubled.add(user);
    this.reporter.unavailable(reason);
  }

  /** Quiet counts as well: a network on which nothing happens has nothing to send. */
  works(user: object): void {
    this.troubled.delete(user);
    if (this.troubled.size === 0) this.reporter.ready();
  }
}
