/** The registry as a terminal shows it. */
import type { RegisteredComponent } from './registry.js';

const HEADINGS = ['ID', 'TYPE', 'STATUS', 'ENDPOINT', 'UP', 'BEATS', 'LAST', 'LEDGER', 'ROWS/S', 'ERRORS'] as const;

/** A table with a line for each component; `nowMs` is the time of day. */
export function componentList(components: readonly RegisteredComponent[], nowMs: number): string {
  if (components.length === 0) return 'no component is registered\n';
  const rows = [...components].sort((a, b) => (a.id < b.id ? -1 : 1)).map((component) => cells(component, nowMs));
  const table = [[...HEADINGS], ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function cells(component: RegisteredComponent, nowMs: number): string[] {
  const { id, info, status, heartbeats, metrics } = component;
  return [
    id,
    info.type.replace('COMPONENT_TYPE_', ''),
    status.replace('HEALTH_STATUS_', ''),
    info.endpoint,
    seconds(nowMs - component.registeredAt.getTime()),
    String(heartbeats),
    `${seconds(nowMs - component.lastHeartbeat.getTime())} ago`,
    metrics.current_ledger ?? '-',
    metrics.processing_rate ?? '-',
    metrics.error_count ?? '-',
  ];
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1000))}s`;
}
