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

/** A handle for each metric of a table, which takes that metric's labels and no others. */
export type HandlesOf<T extends Readonly<Record<string, MetricDeclaration>>> = {
  readonly [K in keyof T]: HandleOf<T[K]>;
};

/** Those of {@link METRICS}. */
export type MetricHandles = HandlesOf<typeof METRICS>;

export interface MetricSeries {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
}

export class Metrics {
  readonly of: MetricHandles;
  private readonly registry = new Registry();
  private readonly eventLoopDelay = new EventLoopDelay();
  private readonly scrapeSamplers: (() => void)[] = [];
  private readonly samplers: (() => void)[] = [];

  constructor(version: string) {
    this.of = createHandles(METRICS, this.registry);
    this.of.buildInfo.set({ version }, 1);
    collectProcessMetrics(this.registry);
    this.beforeScrape(() => {
      for (const [quantile, seconds] of this.eventLoopDelay.takeQuantiles()) {
        this.of.eventLoopDelay.set({ quantile }, seconds);
      }
    });
  }

  /** Has `sample` set gauges just before they are read: for what is cheaper to look up than to keep. */
  beforeRead(sample: () => void): void {
    this.samplers.push(sample);
  }

  /** The same for what is measured since the last scrape, and so must not be sampled for anyone else. */
  beforeScrape(sample: () => void): void {
    this.scrapeSamplers.push(sample);
  }

  /** The value of the Content-Type header that {@link scrape}'s text goes with. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics in the Prometheus text format. */
  async scrape(): Promise<string> {
    for (const sample of [...this.samplers, ...this.scrapeSamplers]) sample();
    return this.registry.metrics();
  }

  /** The series of some metrics, as a scrape would show them. */
  async read<K extends MetricName>(names: readonly K[]): Promise<Readonly<Record<K, readonly MetricSeries[]>>> {
    for (const sample of this.samplers) sample();
    const series = {} as Record<K, readonly MetricSeries[]>;
    const readOne = async (name: K): Promise<void> => {
      const metric = await this.registry.getSingleMetric(METRICS[name].name)?.get();
      series[name] = metric?.values ?? [];
    };
    await Promise.all(names.map(readOne));
    return series;
  }

  close(): void {
    this.eventLoopDelay.close();
    this.registry.clear();
  }
}

/** Makes the metrics of `table` in `registry`. */
export function createHandles<const T extends Readonly<Record<string, MetricDeclaration>>>(
  table: T,
  registry: Registry,
): HandlesOf<T> {
  const handles = Object.entries<MetricDeclaration>(table).map(([key, declaration]) => {
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
  return Object.fromEntries(handles) as HandlesOf<T>;
}

/** process_* and nodejs_*: memory, processor time, garbage collection, by the names that dashboards know. */
export function collectProcessMetrics(registry: Registry): void {
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
