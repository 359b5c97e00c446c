// Sections of panels, each with a title, a unit and its queries with their legends; write-dashboards.mjs makes JSON of it.
import { flowctl, OURS, PROCESS, quantile, rate } from './queries.mjs';

export const PROCESSOR = {
  uid: 'contract-data-processor',
  title: 'Contract data processor',
  job: 'contract_data_build_info',
  sections: [
    {
      title: 'At a glance',
      panels: [
        {
          title: 'contracts_per_second',
          unit: 'short',
          kind: 'stat',
          queries: [[`sum(${rate('contract_data_contracts_processed_total')})`, '']],
        },
        {
          title: 'Ledgers a second',
          unit: 'short',
          kind: 'stat',
          queries: [[`sum(${rate('contract_data_ledgers_processed_total')})`, '']],
        },
        {
          title: 'Behind the tip',
          unit: 'short',
          kind: 'stat',
          queries: [[`max(contract_data_tip_ledger${OURS} - contract_data_current_ledger${OURS})`, 'ledgers']],
        },
        {
          title: 'Errors in an hour',
          unit: 'short',
          kind: 'stat',
          queries: [['sum(increase(contract_data_processing_errors_total{job=~"$job"}[1h]))', '']],
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
            [rate('contract_data_contracts_processed_total'), 'delivered {{instance}}'],
            [rate('contract_data_entries_skipped_total'), 'filtered out {{instance}}'],
            [rate('contract_data_flight_records_streamed_total'), 'sent, all readers {{instance}}'],
          ],
        },
        {
          title: 'Ledgers a second',
          unit: 'short',
          queries: [
            [rate('contract_data_source_received_ledgers_total'), 'received {{instance}}'],
            [rate('contract_data_ledgers_processed_total'), 'decoded {{instance}}'],
          ],
        },
        {
          title: 'Bytes a second',
          unit: 'Bps',
          queries: [
            [rate('contract_data_source_received_bytes_total'), 'received {{instance}}'],
            [rate('contract_data_bytes_processed_total'), 'decoded, uncompressed {{instance}}'],
            [rate('contract_data_flight_sent_bytes_total'), 'sent {{instance}}'],
          ],
        },
      ],
    },
    {
      title: 'Latency and lag',
      panels: [
        {
          title: 'A ledger, received to encoded',
          unit: 's',
          queries: [
            [quantile(0.5, 'contract_data_processing_duration_seconds'), 'median'],
            [quantile(0.99, 'contract_data_processing_duration_seconds'), '99 %'],
          ],
        },
        {
          title: 'Age of the newest ledger when decoded',
          unit: 's',
          queries: [[`contract_data_source_lag_seconds${OURS}`, '{{instance}}']],
        },
        {
          title: 'Ledgers',
          unit: 'none',
          queries: [
            [`contract_data_tip_ledger${OURS}`, 'newest {{instance}}'],
            [`contract_data_current_ledger${OURS}`, 'delivered {{instance}}'],
            [`contract_data_watermark_ledger${OURS}`, 'slowest stream {{instance}}'],
          ],
        },
      ],
    },
    {
      title: 'Queues and threads',
      panels: [
        {
          title: 'Payload held, by stage',
          unit: 'bytes',
          stacked: true,
          queries: [
            [`sum by (stage) (contract_data_queued_bytes${OURS})`, '{{stage}}'],
            [`sum(contract_data_flight_queued_bytes${OURS})`, 'copies in gRPC'],
            [`sum(contract_data_memory_limit_bytes${OURS})`, 'limit'],
          ],
        },
        {
          title: 'Decode threads busy',
          unit: 'percentunit',
          max: 1,
          queries: [[`contract_data_worker_utilisation_ratio${OURS}`, '{{instance}}']],
        },
        {
          title: 'Main thread late',
          unit: 's',
          queries: [
            [`contract_data_event_loop_delay_seconds{job=~"$job", quantile=~"0.99|1"}`, '{{quantile}} {{instance}}'],
          ],
        },
      ],
    },
    {
      title: 'Readers',
      panels: [
        {
          title: 'Readers, streams and sessions',
          unit: 'none',
          queries: [
            [`contract_data_flight_clients_connected${OURS}`, 'readers {{instance}}'],
            [`contract_data_open_streams${OURS}`, '{{kind}} streams {{instance}}'],
            [`contract_data_active_sessions${OURS}`, 'sessions {{instance}}'],
          ],
        },
        {
          title: 'Batches and messages a second',
          unit: 'ops',
          queries: [
            [rate('contract_data_batches_created_total'), 'batches made {{instance}}'],
            [rate('contract_data_flight_sent_messages_total'), 'messages sent {{instance}}'],
            [`sum(contract_data_rpcs_active${OURS})`, 'calls in progress'],
          ],
        },
        {
          title: 'Waiting for readers',
          unit: 's',
          queries: [[rate('contract_data_reader_blocked_seconds_total'), 'seconds a second {{instance}}']],
        },
        {
          title: 'Calls by status',
          unit: 'ops',
          queries: [[`sum by (method, code) (${rate('contract_data_rpcs_total')}) > 0`, '{{method}} {{code}}']],
        },
      ],
    },
    {
      title: 'Errors',
      panels: [
        {
          title: 'Errors by code',
          unit: 'short',
          queries: [
            [
              'sum by (code) (increase(contract_data_processing_errors_total{job=~"$job"}[$__rate_interval])) > 0',
              '{{code}}',
            ],
          ],
        },
        {
          title: 'Source',
          unit: 'short',
          queries: [
            [
              `increase(contract_data_source_reconnects_total{job=~"$job"}[$__rate_interval])`,
              'reconnects: {{reason}}',
            ],
            [`contract_data_source_connections${OURS}`, '{{state}}'],
            [`increase(contract_data_source_duplicate_ledgers_total{job=~"$job"}[$__rate_interval])`, 'sent again'],
          ],
        },
        {
          title: 'Set aside, replaced, detached',
          unit: 'short',
          queries: [
            [`increase(contract_data_quarantined_ledgers_total{job=~"$job"}[$__rate_interval])`, 'quarantined ledgers'],
            [`increase(contract_data_workers_replaced_total{job=~"$job"}[$__rate_interval])`, 'replaced threads'],
            [`increase(contract_data_slow_readers_total{job=~"$job"}[$__rate_interval])`, 'slow readers'],
          ],
        },
      ],
    },
    flowctl('contract_data'),
    PROCESS,
  ],
};
