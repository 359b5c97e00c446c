/** docs/metrics.md, from the table of metrics. */
import { type MetricDeclaration, METRICS } from './metric-table.js';

const INTRODUCTION = `# Metrics

Written from the code by \`npm run docs\`; do not edit.

\`GET /metrics\` on HEALTH_PORT answers in the Prometheus text format. Counters start at 0 with the process. Beside the
metrics below there are prom-client's \`process_*\` and \`nodejs_*\`: memory, processor time, garbage collection.
`;

export function metricsPage(): string {
  const rows = Object.values<MetricDeclaration>(METRICS).map(
    ({ name, type, help, labels = {} }) => `| \`${name}\` | ${type} | ${labelText(labels)} | ${help} |`,
  );
  return [INTRODUCTION, '| metric | type | labels | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function labelText(labels: NonNullable<MetricDeclaration['labels']>): string {
  return Object.entries(labels)
    .map(([label, values]) => (values.length === 0 ? `\`${label}\`` : `\`${label}\`: ${values.join(', ')}`))
    .join('; ');
}
