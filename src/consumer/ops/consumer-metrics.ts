/** The consumer's metrics, in a registry of their own. */
import { Registry } from 'prom-client';
import { collectProcessMetrics, createHandles, type HandlesOf } from '../../ops/metrics.js';
import { CONSUMER_METRICS } from './metric-table.js';

export class ConsumerMetrics {
  readonly of: HandlesOf<typeof CONSUMER_METRICS>;
  private readonly registry = new Registry();
  private sample: () => void = () => undefined;

  constructor(version: string) {
    this.of = createHandles(CONSUMER_METRICS, this.registry);
    this.of.buildInfo.set({ version }, 1);
    collectProcessMetrics(this.registry);
  }

  /** Has `sample` set gauges just before they are read. */
  beforeScrape(sample: () => void): void {
    this.sample = sample;
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics in the Prometheus text format. */
  async scrape(): Promise<string> {
    this.sample();
    return await this.registry.metrics();
  }
}
