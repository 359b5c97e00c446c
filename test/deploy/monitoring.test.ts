import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { ConsumerMetrics } from '../../src/consumer/ops/consumer-metrics.js';
import { CONSUMER_METRICS } from '../../src/consumer/ops/metric-table.js';
import { type MetricDeclaration, METRICS } from '../../src/ops/metric-table.js';
import { type Family, readExposition } from '../ops/exposition.js';
import { fileCleanup } from '../service/cleanup.js';
import { runService } from '../service/running-service.js';
import { simulatedSource } from '../service/simulated-source.js';
import { familyOf, type Selector, selectorsOf } from './metric-names.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

const FOLDER = 'deploy/grafana/dashboards';
const dashboards = new Map(
  readdirSync(FOLDER).map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Dashboard]),
);
const rules = (
  parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const tested = parse(readFileSync('deploy/prometheus/alerts.test.yml', 'utf8')) as {
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
};

const cleanup = fileCleanup();
let scraped: Map<string, Family>;

before(async () => {
  const { ports } = await runService(cleanup, await simulatedSource(cleanup));
  const processor = await (await fetch(`http://127.0.0.1:${ports.health}/metrics`)).text();
  scraped = new Map([...readExposition(processor), ...readExposition(await new ConsumerMetrics('1.2.3').scrape())]);
});

/** What is wrong with a selector, as far as a scrape and the declarations tell. */
function faultOf({ metric, labels }: Selector): string | undefined {
  const family = scraped.get(metric) ?? scraped.get(familyOf(metric));
  if (family === undefined) return `${metric} does not exist`;
  if (metric !== familyOf(metric) && family.type !== 'histogram') return `${metric} is of no histogram`;
  const declaration = Object.values<MetricDeclaration>({ ...METRICS, ...CONSUMER_METRICS }).find(
    ({ name }) => name === familyOf(metric),
  );
  for (const [label, values] of Object.entries(labels)) {
    const known = declaration?.labels?.[label];
    if (known === undefined) return `${metric} has no label ${label}`;
    const unknown = values.filter((value) => !known.includes(value));
    if (unknown.length > 0) return `${metric} is never ${label} ${unknown.join(', ')}`;
  }
  return undefined;
}

function faultsOf(expressions: readonly string[]): string[] {
  const selectors = expressions.flatMap(selectorsOf);
  assert.ok(selectors.length > 0, 'nothing of ours is asked for');
  return selectors.map(faultOf).filter((fault) => fault !== undefined);
}

test('a selector of what does not exist is found out', () => {
  const faults = (expression: string): unknown[] => selectorsOf(expression).map(faultOf);
  assert.deepEqual(faults('rate(contract_data_nonsense_total[5m])'), ['contract_data_nonsense_total does not exist']);
  assert.deepEqual(faults('contract_data_tip_ledger_bucket'), ['contract_data_tip_ledger_bucket is of no histogram']);
  assert.deepEqual(faults('contract_data_tip_ledger{colour="red"}'), ['contract_data_tip_ledger has no label colour']);
  assert.deepEqual(faults('contract_data_source_reconnects_total{reason=~"gap|mood"}'), [
    'contract_data_source_reconnects_total is never reason mood',
  ]);
});

for (const [name, { panels, templating }] of dashboards) {
  test(`${name} asks for metrics and labels that a scrape has`, () => {
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const variables = templating.list
      .map(({ query }) => JSON.stringify(query))
      .filter((text) => text.includes('label'));
    assert.deepEqual(faultsOf([...expressions, ...variables]), []);
  });

  test(`${name} has its panels side by side, each with a query`, () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const cells = new Set<string>();
    for (const { title, type, targets = [], gridPos } of panels) {
      assert.equal(targets.length > 0, type !== 'row', title);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(!cells.has(`${x},${y}`), `${title} lies over another panel`);
          cells.add(`${x},${y}`);
        }
      }
    }
  });
}

test('alerts ask for metrics and labels that a scrape has', () => {
  assert.deepEqual(faultsOf(rules.map(({ expr }) => expr).filter((expr) => !/^up\b/.test(expr))), []);
});

test('every alert is tested to fire, says how bad it is and which instance it is of', () => {
  const firing = tested.tests.flatMap(({ alert_rule_test: tests }) => tests).filter((one) => one.exp_alerts.length > 0);
  const names = new Set(firing.map(({ alertname }) => alertname));
  assert.deepEqual(
    rules.map(({ alert }) => alert).filter((alert) => !names.has(alert)),
    [],
  );
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels.severity, /^(critical|warning)$/, alert);
    assert.match(annotations.summary, /\{\{ \$labels\.(instance|table) \}\}/, alert);
  }
});

test('the dashboards are what their panels say (deploy/grafana/write-dashboards.mjs writes them)', async () => {
  const script = pathToFileURL(join(process.cwd(), 'deploy/grafana/write-dashboards.mjs')).href;
  const { dashboardFiles } = (await import(script)) as { dashboardFiles: () => [string, string][] };
  const written = dashboardFiles();
  assert.deepEqual(written.map(([name]) => name).sort(), [...dashboards.keys()].sort());
  for (const [name, text] of written) assert.equal(readFileSync(join(FOLDER, name), 'utf8'), text, name);
});
