// What panels are made of. `$job` and `$__rate_interval` are filled in by Grafana.

export const OURS = '{job=~"$job"}';
export const rate = (metric, labels = '') => `rate(${metric}{job=~"$job"${labels}}[$__rate_interval])`;
export const quantile = (share, histogram) =>
  `histogram_quantile(${share}, sum by (le) (${rate(`${histogram}_bucket`)}))`;

/** Common to both programs: they are Node.js processes that may be registered with flowctl. */
export const PROCESS = {
  title: 'Process',
  panels: [
    { title: 'Resident memory', unit: 'bytes', queries: [[`process_resident_memory_bytes${OURS}`, '{{instance}}']] },
    {
      title: 'Heap and buffers',
      unit: 'bytes',
      queries: [
        [`nodejs_heap_size_used_bytes${OURS}`, 'heap {{instance}}'],
        [`nodejs_external_memory_bytes${OURS}`, 'buffers {{instance}}'],
      ],
    },
    { title: 'Processors used', unit: 'short', queries: [[rate('process_cpu_seconds_total'), '{{instance}}']] },
  ],
};

export const flowctl = (prefix) => ({
  title: 'flowctl',
  panels: [
    {
      title: 'Registered',
      unit: 'bool_yes_no',
      kind: 'stat',
      queries: [[`${prefix}_flowctl_registered${OURS}`, '{{instance}}']],
    },
    {
      title: 'Heartbeats',
      unit: 'ops',
      width: 2,
      queries: [
        [rate(`${prefix}_flowctl_heartbeats_sent_total`), 'accepted {{instance}}'],
        [rate(`${prefix}_flowctl_heartbeat_errors_total`), 'failed {{instance}}'],
      ],
    },
  ],
});
