import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Activity, type ActivityTotals } from '../../src/flowctl/activity.js';
import { metricTotals } from '../../src/flowctl/metric-totals.js';
import { StatusJudge } from '../../src/flowctl/status-judge.js';
import { Metrics } from '../../src/ops/metrics.js';
import { TestClock } from './test-clock.js';

const THRESHOLDS = { degradedErrorRate: 5, unhealthyErrorRate: 25, staleAfterMs: 60_000 };

class Service {
  readonly clock = new TestClock();
  totals: ActivityTotals = {
    rows: 0,
    skipped: 0,
    batches: 0,
    bytes: 0,
    ledgers: 0,
    errors: 0,
    currentLedger: 0,
    tipLedger: 0,
    openStreams: 0,
  };
  readonly activity = new Activity(() => Promise.resolve(this.totals), THRESHOLDS, this.clock);

  /** Seconds pass, each with such an increase of the counters. */
  async seconds(count: number, each: Partial<Record<keyof ActivityTotals, number>> = {}): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const entries = Object.entries(this.totals).map(([name, value]) => [
        name,
        value + (each[name as keyof ActivityTotals] ?? 0),
      ]);
      this.totals = Object.fromEntries(entries) as ActivityTotals;
      await turn();
      this.clock.advance(1000);
      await turn();
    }
  }
}

test('rates are those of the last seconds, and 0 when nothing happens any more', async () => {
  const service = new Service();
  await service.seconds(30, { rows: 100, bytes: 5000 });
  const busy = await service.activity.report();
  assert.equal(busy.metrics.processing_rate, 100);
  assert.equal(busy.metrics.contracts_per_second, 100);
  assert.equal(busy.metrics.bytes_per_second, 5000);
  assert.equal(busy.metrics.contracts_processed, 3000);
  await service.seconds(12);
  const idle = await service.activity.report();
  assert.equal(idle.metrics.processing_rate, 0);
  assert.equal(idle.metrics.bytes_per_second, 0);
  assert.ok(idle.metrics.contracts_per_second! > 60 && idle.metrics.contracts_per_second! < 100, 'an average');
  await service.seconds(60);
  const later = await service.activity.report();
  assert.equal(later.metrics.contracts_per_second, 0);
  assert.equal(later.metrics.contracts_processed, 3000, 'totals stay');
  service.activity.close();
});

test('the error rate is of the last minute, and the status follows it', async () => {
  const service = new Service();
  const status = async (): Promise<string> => (await service.activity.report()).status;
  assert.equal(await status(), 'HEALTHY', 'at the start');
  await service.seconds(60, { ledgers: 9, errors: 1 });
  const { metrics } = await service.activity.report();
  assert.equal(metrics.error_rate, 10);
  assert.equal(metrics.error_count, 60);
  assert.equal(await status(), 'DEGRADED');
  await service.seconds(60, { ledgers: 1, errors: 1 });
  assert.equal(await status(), 'UNHEALTHY');
  await service.seconds(62, { ledgers: 10 });
  assert.equal((await service.activity.report()).metrics.error_rate, 0);
  assert.equal(await status(), 'HEALTHY');
  service.activity.close();
});

test('standing still is degraded only while somebody waits for ledgers that the source has', async () => {
  const service = new Service();
  const status = async (): Promise<string> => (await service.activity.report()).status;
  await service.seconds(5, { ledgers: 1, currentLedger: 1, tipLedger: 1 });
  await service.seconds(100);
  assert.equal(await status(), 'HEALTHY', 'at the quiet tip of the network');
  service.totals = { ...service.totals, tipLedger: 50 };
  await service.seconds(100);
  assert.equal(await status(), 'HEALTHY', 'nobody reads');
  service.totals = { ...service.totals, openStreams: 1 };
  await service.seconds(58);
  assert.equal(await status(), 'HEALTHY', 'not for long enough');
  await service.seconds(4);
  assert.equal(await status(), 'DEGRADED');
  await service.seconds(1, { ledgers: 1, currentLedger: 1 });
  assert.equal(await status(), 'HEALTHY');
  service.activity.close();
});

test('a status worsens at once and recovers at half of what made it worse', () => {
  const judge = new StatusJudge(THRESHOLDS);
  const rates = [0, 4.9, 5, 4, 2.5, 2.4, 4.9, 25, 13, 12.4, 3, 2];
  assert.deepEqual(
    rates.map((rate) => judge.judge(rate, 0)[0]),
    ['H', 'H', 'D', 'D', 'D', 'H', 'H', 'U', 'U', 'D', 'D', 'H'],
  );
  assert.equal(judge.judge(0, 60_000), 'DEGRADED');
  assert.equal(judge.judge(0, 59_999), 'HEALTHY', 'staleness leaves no trace');
});

test('heartbeats report what /metrics shows', async () => {
  const metrics = new Metrics('1');
  const { of } = metrics;
  of.contractsProcessed.inc(7);
  of.entriesSkipped.inc(6);
  of.batchesCreated.inc(5);
  of.bytesProcessed.inc(4_000_000_000);
  of.ledgersProcessed.inc(3);
  of.processingErrors.inc({ code: 'LEDGER_INVALID' }, 2);
  of.processingErrors.inc({ code: 'WORKER_CRASHED' });
  of.currentLedger.set(4_294_967_295);
  of.tipLedger.set(9);
  assert.deepEqual(await metricTotals(metrics, 2), {
    rows: 7,
    skipped: 6,
    batches: 5,
    bytes: 4_000_000_000,
    ledgers: 3,
    errors: 3,
    currentLedger: 4_294_967_295,
    tipLedger: 9,
    openStreams: 2,
  });
  metrics.close();
});
