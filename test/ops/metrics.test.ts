import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { flightMetrics } from '../../src/ops/flight-metrics.js';
import { Metrics } from '../../src/ops/metrics.js';
import { metricsPage } from '../../src/ops/metrics-page.js';
import { METRICS, RPC_CODES } from '../../src/ops/metric-table.js';
import { sourceMetrics } from '../../src/ops/source-metrics.js';
import { type Family, readExposition } from './exposition.js';

let metrics: Metrics;
before(() => (metrics = new Metrics('1.2.3')));
after(() => metrics.close());

async function scrape(): Promise<Map<string, Family>> {
  return readExposition(await metrics.scrape());
}

async function sample(series: string): Promise<number | undefined> {
  const families = await scrape();
  const name = series.replace(/\{.*/, '').replace(/_(bucket|sum|count)$/, '');
  return families.get(name)?.series.get(series);
}

test('the names that users were promised are there from the start, with their types', async () => {
  const promised: Record<string, string> = {
    contract_data_contracts_processed_total: 'counter',
    contract_data_entries_skipped_total: 'counter',
    contract_data_batches_created_total: 'counter',
    contract_data_bytes_processed_total: 'counter',
    contract_data_processing_errors_total: 'counter',
    contract_data_processing_duration_seconds: 'histogram',
    contract_data_current_ledger: 'gauge',
    contract_data_flowctl_registered: 'gauge',
    contract_data_flowctl_heartbeats_sent_total: 'counter',
    contract_data_flowctl_heartbeat_errors_total: 'counter',
    contract_data_active_sessions: 'gauge',
    contract_data_flight_clients_connected: 'gauge',
    contract_data_flight_records_streamed_total: 'counter',
  };
  const families = await scrape();
  for (const [name, type] of Object.entries(promised)) {
    assert.equal(families.get(name)?.type, type, name);
    assert.ok(families.get(name)!.series.size > 0, name);
  }
});

test('every metric of ours is named by the law, and counters alone end in _total', () => {
  const unit = /^contract_data_[a-z]+(_[a-z]+)*$/;
  for (const { name, type } of Object.values(METRICS)) {
    assert.match(name, unit);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.doesNotMatch(name, /_(ms|millis|milliseconds|kb|mb|mib|percent)(_|$)/, 'base units only');
  }
});

test('docs/metrics.md is what the code says, and lists exactly what a scrape gives', async () => {
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  assert.equal(page, metricsPage());
  const listed = [...page.matchAll(/^\| `(contract_data_\w+)` \|/gm)].map((match) => match[1]!);
  const scraped = [...(await scrape()).keys()].filter((name) => name.startsWith('contract_data_'));
  assert.deepEqual(listed.sort(), scraped.sort());
});

test('process metrics come by the names that dashboards know', async () => {
  const families = await scrape();
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_external_memory_bytes']) {
    assert.ok(families.has(name), name);
  }
  assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/);
});

test('handles move their metric and no other', async () => {
  metrics.of.contractsProcessed.inc(5);
  metrics.of.contractsProcessed.inc();
  metrics.of.currentLedger.set(4_294_967_295);
  metrics.of.queuedBytes.set({ stage: 'pool' }, 100);
  metrics.of.queuedBytes.dec({ stage: 'pool' }, 40);
  assert.equal(await sample('contract_data_contracts_processed_total'), 6);
  assert.equal(await sample('contract_data_entries_skipped_total'), 0);
  assert.equal(await sample('contract_data_current_ledger'), 4_294_967_295);
  assert.equal(await sample('contract_data_queued_bytes{stage="pool"}'), 60);
  assert.equal(await sample('contract_data_queued_bytes{stage="stream"}'), 0);
  assert.equal(await sample('contract_data_build_info{version="1.2.3"}'), 1);
});

test('processing time falls into 14 buckets that double from a millisecond', async () => {
  metrics.of.processingDuration.observe(0.003);
  const series = (await scrape()).get('contract_data_processing_duration_seconds')!.series;
  const bounds = [...series.keys()].flatMap((key) => /_bucket\{le="([\d.]+)"\}/.exec(key)?.[1] ?? []).map(Number);
  assert.deepEqual(
    bounds,
    [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192],
  );
  assert.equal(series.get('contract_data_processing_duration_seconds_bucket{le="0.002"}'), 0);
  assert.equal(series.get('contract_data_processing_duration_seconds_bucket{le="0.004"}'), 1);
  assert.equal(series.get('contract_data_processing_duration_seconds_sum'), 0.003);
});

test('gauges that are looked up are fresh at every scrape', async () => {
  let depth = 3;
  metrics.beforeScrape(() => metrics.of.queuedBytes.set({ stage: 'source' }, depth));
  assert.equal(await sample('contract_data_queued_bytes{stage="source"}'), 3);
  depth = 8;
  assert.equal(await sample('contract_data_queued_bytes{stage="source"}'), 8);
});

test('a blocked event loop shows', async () => {
  await metrics.scrape();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const until = performance.now() + 120;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const longest = await sample('contract_data_event_loop_delay_seconds{quantile="1"}');
  assert.ok(longest! >= 0.08 && longest! < 5, `${longest} s`);
});

test('two services in one process share no metric', async () => {
  const other = new Metrics('9');
  other.of.batchesCreated.inc(7);
  assert.equal(await sample('contract_data_batches_created_total'), 0);
  other.close();
});

test('Flight calls are counted by method and status, and move the gauges back', async () => {
  const observer = flightMetrics(metrics);
  observer.rpcStarted('DoGet');
  assert.equal(await sample('contract_data_flight_clients_connected'), 1);
  assert.equal(await sample('contract_data_rpcs_active{method="DoGet"}'), 1);
  observer.messageSent('DoGet', 1000, 250);
  observer.queueChanged(1, 1000);
  assert.equal(await sample('contract_data_flight_queued_bytes'), 1000);
  observer.queueChanged(-1, -1000);
  const end = { durationMs: 1, messages: 1, bytes: 1000, blockedMs: 250 };
  observer.rpcEnded('DoGet', { ...end, status: status.DATA_LOSS });
  observer.rpcStarted('ListFlights');
  observer.rpcEnded('ListFlights', { ...end, status: status.OK });
  assert.equal(await sample('contract_data_rpcs_total{method="DoGet",code="DATA_LOSS"}'), 1);
  assert.equal(await sample('contract_data_rpcs_total{method="ListFlights",code="OK"}'), 1);
  assert.equal(await sample('contract_data_flight_clients_connected'), 0);
  assert.equal(await sample('contract_data_rpcs_active{method="DoGet"}'), 0);
  assert.equal(await sample('contract_data_flight_sent_bytes_total'), 1000);
  assert.equal(await sample('contract_data_reader_blocked_seconds_total'), 0.25);
  assert.equal(await sample('contract_data_flight_queued_bytes'), 0);
});

test('the statuses counted are those of gRPC', () => {
  const names = Object.keys(status).filter((name) => Number.isNaN(Number(name)));
  assert.deepEqual([...RPC_CODES].sort(), names.sort());
});

test('what sources tell is counted', async () => {
  const observer = sourceMetrics(metrics);
  observer.received!(16, 5000, undefined);
  observer.repeated!(3);
  observer.reconnecting!('gap', 'ledger 5 expected');
  assert.equal(await sample('contract_data_source_received_ledgers_total'), 16);
  assert.equal(await sample('contract_data_source_received_bytes_total'), 5000);
  assert.equal(await sample('contract_data_source_duplicate_ledgers_total'), 3);
  assert.equal(await sample('contract_data_source_reconnects_total{reason="gap"}'), 1);
  assert.equal(await sample('contract_data_source_reconnects_total{reason="idle"}'), 0);
});
