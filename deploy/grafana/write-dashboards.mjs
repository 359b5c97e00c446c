// Writes dashboards/*.json from the panels: `node deploy/grafana/write-dashboards.mjs`. A test compares them.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { CONSUMER } from './consumer-panels.mjs';
import { PROCESSOR } from './processor-panels.mjs';

const COLUMNS = 24;
const HEIGHT = { stat: 4, timeseries: 8 };
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** File name and text of each dashboard. */
export function dashboardFiles() {
  return [PROCESSOR, CONSUMER].map((dashboard) => [
    `${dashboard.uid}.json`,
    `${JSON.stringify(modelOf(dashboard), null, 2)}\n`,
  ]);
}

/** https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
function modelOf({ uid, title, job, sections }) {
  return {
    __comment: 'Written by deploy/grafana/write-dashboards.mjs; do not edit.',
    uid,
    title,
    tags: ['contract-data'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
        {
          name: 'job',
          type: 'query',
          label: 'Job',
          datasource: DATASOURCE,
          query: { query: `label_values(${job}, job)`, refId: 'job' },
          refresh: 2,
          includeAll: true,
          multi: true,
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels: panelsOf(sections),
  };
}

function panelsOf(sections) {
  const panels = [];
  let y = 0;
  for (const { title, panels: members } of sections) {
    const id = () => panels.length + 1;
    panels.push({ id: id(), type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } });
    y += 1;
    const unit = COLUMNS / members.reduce((sum, { width = 1 }) => sum + width, 0);
    const height = Math.max(...members.map(({ kind = 'timeseries' }) => HEIGHT[kind]));
    let x = 0;
    for (const member of members) {
      const w = unit * (member.width ?? 1);
      panels.push(panelOf(member, id(), { x, y, w, h: height }));
      x += w;
    }
    y += height;
  }
  return panels;
}

function panelOf({ title, unit, kind = 'timeseries', max, stacked = false, queries }, id, gridPos) {
  const custom = { fillOpacity: 10, showPoints: 'never', stacking: { mode: stacked ? 'normal' : 'none' } };
  // A limit, and what is counted in another stage already, are lines beside the stack.
  const limit = {
    matcher: { id: 'byRegexp', options: '/^(limit|copies)/' },
    properties: [
      { id: 'custom.stacking', value: { mode: 'none' } },
      { id: 'custom.fillOpacity', value: 0 },
    ],
  };
  return {
    id,
    type: kind,
    title,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: { unit, min: 0, ...(max !== undefined && { max }), ...(kind === 'timeseries' && { custom }) },
      overrides: stacked ? [limit] : [],
    },
    options:
      kind === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'area', colorMode: 'value' }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: DATASOURCE,
      expr,
      ...(legendFormat !== '' && { legendFormat }),
    })),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, text] of dashboardFiles()) writeFileSync(new URL(`dashboards/${name}`, import.meta.url), text);
}
