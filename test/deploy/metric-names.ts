/** What PromQL expressions ask for: metric names, and label matchers beside them. */

export interface Selector {
  readonly metric: string;
  /** Values by label, for matchers that name values; those with other patterns are left out. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

const SELECTOR = /\b((?:contract_data|postgresql_consumer|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g;
const MATCHER = /([a-z_]+)\s*(=|!=|=~|!~)\s*"([^"]*)"/g;

export function selectorsOf(expression: string): Selector[] {
  return [...expression.matchAll(SELECTOR)].map(([, metric, matchers = '']) => ({
    metric: metric!,
    labels: Object.fromEntries(
      [...matchers.matchAll(MATCHER)]
        .filter(([, , , value]) => /^[\w.|]+$/.test(value!))
        .map(([, label, , value]) => [label!, value!.split('|')]),
    ),
  }));
}

/** The name that a histogram's series are declared under. */
export function familyOf(metric: string): string {
  return metric.replace(/_(bucket|sum|count)$/, '');
}
