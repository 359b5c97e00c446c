/** The metrics of one service, in a registry of their own. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { EventLoopDelay } from './event-loop-delay.js';
import { type LabelSets, type MetricDeclaration, type MetricName, METRICS } from './metric-table.js';

type LabelsOf<M> = M extends { readonly labels: infer L extends LabelSets }
  ? { readonly [K in keyof L]: L[K] extends readonly [] ? string : L[K][number] }
  : undefined;

/** Labels first, where the metric has any. */
type Arguments<L, Rest extends readonly unknown[]> = L extends undefined ? Rest : [labels: L, ...rest: Rest];

interface CounterHandle<L> {
  inc(...args: Arguments<L, [value?: number]>): void;
}

interface GaugeHandle<L> {
  set(...args: Arguments<L, [value: number]>): void;
  inc(...args: Arguments<L, [value?: number]>): void;
  dec(...args: Arguments<L, [value?: number]>): void;
}

interface HistogramHandle<L> {
  observe(...args: Arguments<L, [value: number]>): void;
}

type HandleOf<M extends MetricDeclaration> = M['type'] extends 'counter'
  ? CounterHandle<LabelsOf<M>>
  : M['type'] extends 'gauge'
    ? GaugeHandle<LabelsOf<M>>
    : HistogramHandle<LabelsOf<M>>;

/** A handle for each metric of {@link METRICS}, which takes that metric's labels and no others. */
export type MetricHandles = { readonly [K in MetricName]: HandleOf<(typeof METRICS)[K]> };

export class Metrics {
  readonly of: MetricHandles;
  private readonly registry = new Registry();
  private readonly eventLoopDelay = new EventLoopDelay();
  private readonly samplers: (() => void)[] = [];

  constructor(version: string) {
    this.of = createHandles(this.registry);
    this.of.buildInfo.set({ version }, 1);
    collectProcessMetrics(this.registry);
    this.beforeScrape(() => {
      for (const [quantile, seconds] of this.eventLoopDelay.takeQuantiles()) {
        this.of.eventLoopDelay.set({ quantile }, seconds);
      }
    });
  }

  /** Has `sample` set gauges just before they are read: for what is cheaper to look up than to keep. */
  beforeScrape(sample: () => void): void {
    this.samplers.push(sample);
  }

  /** The value of the Content-Type header that {@link scrape}'s text goes with. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics in the Prometheus text format. */
  async scrape(): Promise<string> {
    for (const sample of this.samplers) sample();
    return this.registry.metrics();
  }

  close(): void {
    this.eventLoopDelay.close();
    this.registry.clear();
  }
}

function createHandles(registry: Registry): MetricHandles {
  const handles = Object.entries<MetricDeclaration>(METRICS).map(([key, declaration]) => {
    const { name, help, labels = {}, buckets } = declaration;
    const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
    switch (declaration.type) {
      case 'counter': {
        const counter = new Counter(options);
        for (const series of knownSeries(labels)) counter.inc(series, 0);
        return [key, counter] as const;
      }
      case 'gauge': {
        const gauge = new Gauge(options);
        for (const series of knownSeries(labels)) gauge.set(series, 0);
        return [key, gauge] as const;
      }
      case 'histogram':
        return [key, new Histogram({ ...options, ...(buckets !== undefined && { buckets: [...buckets] }) })] as const;
    }
  });
  // The table says which key has which type and labels; prom-client's own types are wider.
  return Object.fromEntries(handles) as MetricHandles;
}

/** process_* and nodejs_*: memory, processor time, garbage collection, by the names that dashboards know. */
function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  // We measure the event loop ourselves; these are written as `Nan` while they have no sample.
  for (const { name } of registry.getMetricsAsArray()) {
    if (name.startsWith('nodejs_eventloop_lag')) registry.removeSingleMetric(name);
  }
}

/**
 * Series to show from the start, at 0, so that a first increase is seen as one: those of a single label. Products of
 * labels would be mostly series that never move.
 */
function knownSeries(labels: LabelSets): Record<string, string>[] {
  const [only, ...others] = Object.entries(labels);
  return only === undefined || others.length > 0 ? [] : only[1].map((value) => ({ [only[0]]: value }));
}
