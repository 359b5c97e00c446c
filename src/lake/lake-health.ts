/** Whether a data lake answers, as the last of its listings and of its fetches tell. */
import type { ProcessorError } from '../../workers/errors.js';
import type { HealthReporter } from '../ops/health.js';
import type { SourceObserver } from '../source/source-observer.js';

/** One may fail while the other works. */
export type LakePart = 'listing' | 'objects';

/** What is wrong with a lake now, and when it is tried again. */
export interface LakeTrouble {
  readonly error: ProcessorError;
  readonly failures: number;
  /** In milliseconds of the monotonic clock (performance.now). */
  readonly retryAtMs: number;
}

export class LakeHealth {
  private readonly reporter: HealthReporter | undefined;
  private readonly observer: SourceObserver | undefined;
  private readonly troubles = new Map<LakePart, LakeTrouble>();
  private isKnown = false;

  constructor(reporter: HealthReporter | undefined, observer: SourceObserver | undefined) {
    this.reporter = reporter;
    this.observer = observer;
  }

  get trouble(): LakeTrouble | undefined {
    return this.troubles.get('listing') ?? this.troubles.get('objects');
  }

  /** It did, or nobody is left who would try it. */
  worked(part: LakePart): void {
    const isNews = this.troubles.delete(part) || !this.isKnown;
    this.isKnown = true;
    if (isNews) this.report();
  }

  /** It is tried again in `retryInMs`. */
  failed(part: LakePart, error: ProcessorError, retryInMs: number): void {
    const failures = (this.troubles.get(part)?.failures ?? 0) + 1;
    this.troubles.set(part, { error, failures, retryAtMs: performance.now() + retryInMs });
    this.observer?.reconnecting?.('failed', error.message);
    this.report();
  }

  private report(): void {
    const { trouble, reporter } = this;
    if (trouble === undefined) reporter?.ready();
    else if (trouble.error.facts.retryable) reporter?.degraded(`${trouble.error.message}; trying again`);
    else reporter?.unavailable(trouble.error.message);
  }
}
