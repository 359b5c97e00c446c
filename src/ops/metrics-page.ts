/** docs/metrics.md, from the table of metrics. */
import { CONSUMER_METRICS } from '../consumer/ops/metric-table.js';
import { type MetricDeclaration, METRICS } from './metric-table.js';

const INTRODUCTION = `# Metrics

Written from the code by \`npm run docs\`; do not edit.

\`GET /metrics\` on HEALTH_PORT answers in the Prometheus text format. Counters start at 0 with the process. Beside the
metrics below there are prom-client's \`process_*\` and \`nodejs_*\`: memory, processor time, garbage collection.
`;

const CONSUMER = `## consume

Those of the consumer are at \`GET /metrics\` on METRICS_PORT.
`;

export function metricsPage(): string {
  return [INTRODUCTION, ...metricsTable(METRICS), CONSUMER, ...metricsTable(CONSUMER_METRICS)].join('\n');
}

function metricsTable(metrics: Readonly<Record<string, MetricDeclaration>>): string[] {
  const rows = Object.values(metrics).map(
    ({ name, type, help, labels = {} }) => `| \`${name}\` | ${type} | ${labelText(labels)} | ${help} |`,
  );
  return ['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows, ''];
}

function labelText(labels: NonNullable<MetricDeclaration['labels']>): string {
  return Object.entries(labels)
    .map(([label, values]) => (values.length === 0 ? `\`${label}\`` : `\`${label}\`: ${values.join(', ')}`))
    .join('; ');
}
