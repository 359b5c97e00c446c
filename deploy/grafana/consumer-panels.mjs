// Sections of panels, each with a title, a unit and its queries with their legends; write-dashboards.mjs makes JSON of it.
import { flowctl, OURS, PROCESS, quantile, rate } from './queries.mjs';

export const CONSUMER = {
  uid: 'postgresql-consumer',
  title: 'Contract data in PostgreSQL',
  job: 'postgresql_consumer_build_info',
  sections: [
    {
      title: 'At a glance',
      panels: [
        {
          title: 'Rows a second',
          unit: 'short',
          kind: 'stat',
          queries: [[`sum(${rate('postgresql_consumer_records_inserted_total')})`, '']],
        },
        {
          title: 'Committed through',
          unit: 'none',
          kind: 'stat',
          queries: [[`min by (table) (postgresql_consumer_watermark_ledger${OURS})`, '{{table}}']],
        },
        {
          title: 'Lag',
          unit: 's',
          kind: 'stat',
          queries: [[`max by (table) (postgresql_consumer_lag_seconds${OURS})`, '{{table}}']],
        },
        {
          title: 'Errors in an hour',
          unit: 'short',
          kind: 'stat',
          queries: [['sum(increase(postgresql_consumer_errors_total{job=~"$job"}[1h]))', '']],
        },
      ],
    },
    {
      title: 'Throughput',
      panels: [
        {
          title: 'Rows a second',
          unit: 'short',
          queries: [
            [`sum by (table) (${rate('postgresql_consumer_records_received_total')})`, 'received: {{table}}'],
            [`sum by (table) (${rate('postgresql_consumer_records_inserted_total')})`, 'committed: {{table}}'],
          ],
        },
        {
          title: 'Bytes received a second',
          unit: 'Bps',
          queries: [[rate('postgresql_consumer_received_bytes_total'), '{{instance}}']],
        },
        {
          title: 'Transactions a second',
          unit: 'ops',
          queries: [[`sum by (table) (${rate('postgresql_consumer_batches_total')})`, '{{table}}']],
        },
      ],
    },
    {
      title: 'Transactions',
      panels: [
        {
          title: 'Time of a transaction',
          unit: 's',
          queries: [
            [quantile(0.5, 'postgresql_consumer_insert_duration_seconds'), 'median'],
            [quantile(0.99, 'postgresql_consumer_insert_duration_seconds'), '99 %'],
          ],
        },
        {
          title: 'Rows of a transaction',
          unit: 'short',
          queries: [
            [quantile(0.5, 'postgresql_consumer_batch_size_rows'), 'median'],
            [quantile(0.99, 'postgresql_consumer_batch_size_rows'), '99 %'],
          ],
        },
        {
          title: 'Encoded rows held',
          unit: 'bytes',
          queries: [
            [`postgresql_consumer_held_bytes${OURS}`, 'held {{instance}}'],
            [`postgresql_consumer_memory_limit_bytes${OURS}`, 'limit {{instance}}'],
          ],
        },
      ],
    },
    {
      title: 'Lag and errors',
      panels: [
        {
          title: 'Age of the newest ledger when committed',
          unit: 's',
          queries: [[`postgresql_consumer_lag_seconds${OURS}`, '{{table}} {{instance}}']],
        },
        {
          title: 'Errors by code',
          unit: 'short',
          queries: [
            [
              'sum by (code) (increase(postgresql_consumer_errors_total{job=~"$job"}[$__rate_interval])) > 0',
              '{{code}}',
            ],
          ],
        },
        {
          title: 'Reconnects',
          unit: 'short',
          queries: [
            [
              'sum by (side) (increase(postgresql_consumer_reconnects_total{job=~"$job"}[$__rate_interval]))',
              '{{side}}',
            ],
          ],
        },
      ],
    },
    flowctl('postgresql_consumer'),
    PROCESS,
  ],
};
