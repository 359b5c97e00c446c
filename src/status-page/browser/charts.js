/** The charts: columns of /status/history.json, then a sample at a time. */
import uPlot from '/status/uplot.js';
import { bytes, count, percent } from '/status/figures.js';

const CHARTS = [
  { title: 'contracts_per_second', column: 'contracts_per_second', show: count, series: '--series-1' },
  { title: 'ledgers/s', column: 'ledgers_per_second', show: count, series: '--series-2' },
  { title: 'decoded bytes a second', column: 'bytes_per_second', show: bytes, series: '--series-3' },
  { title: 'decode threads busy', column: 'workers_busy', show: percent, series: '--series-4', max: 1 },
  { title: 'main thread busy', column: 'main_thread_busy', show: percent, series: '--series-5', max: 1 },
  { title: 'resident memory', column: 'resident_bytes', show: bytes, series: '--series-6' },
];
const HEIGHT = 150;
/** Of what is shown, however short a time the service has run. */
const LEAST_SECONDS = 180;
const TICK_SECONDS = [60, 120, 180, 300];
const GAP_AFTER_INTERVALS = 3;

export class Charts {
  #host;
  #history;
  #plots = [];

  constructor(host) {
    this.#host = host;
    new ResizeObserver(() => this.#fit()).observe(host);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
  }

  /** Shows a history from its beginning. */
  show(history) {
    this.#history = history;
    this.#draw();
  }

  /** Adds a sample. False where there are samples between, or none yet: the history is to be had again. */
  add(sample) {
    if (this.#history === undefined) return false;
    const { at, interval_ms: intervalMs, max_samples: maxSamples } = this.#history;
    const last = at.at(-1);
    if (last === undefined || sample.at - last > (GAP_AFTER_INTERVALS * intervalMs) / 1000) return false;
    if (sample.at <= last) return true;
    for (const [name, column] of Object.entries(this.#history)) {
      if (!Array.isArray(column)) continue;
      column.push(sample[name]);
      if (column.length > maxSamples) column.shift();
    }
    for (const { plot, column } of this.#plots) plot.setData([at, this.#history[column]]);
    return true;
  }

  #draw() {
    if (this.#history === undefined) return;
    for (const { plot } of this.#plots) plot.destroy();
    this.#host.replaceChildren();
    this.#plots = CHARTS.map((chart) => {
      const figure = document.createElement('figure');
      const caption = document.createElement('figcaption');
      caption.textContent = chart.title;
      const canvas = document.createElement('div');
      figure.append(caption, canvas);
      this.#host.append(figure);
      const data = [this.#history.at, this.#history[chart.column]];
      return { plot: new uPlot(optionsOf(chart, canvas.clientWidth), data, canvas), column: chart.column, canvas };
    });
  }

  #fit() {
    for (const { plot, canvas } of this.#plots) plot.setSize({ width: canvas.clientWidth, height: HEIGHT });
  }
}

function optionsOf({ show, series, max }, width) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { range: (_plot, first, last) => [Math.min(first, last - LEAST_SECONDS), last] },
      y: { range: (_plot, _low, high) => [0, max ?? (high > 0 ? high * 1.1 : 1)] },
    },
    axes: [
      { ...axis, values: (_plot, seconds) => seconds.map(clock), incrs: TICK_SECONDS, size: 26, space: 50 },
      { ...axis, values: (_plot, ticks) => ticks.map(show), size: 62, space: 34 },
    ],
    series: [
      {},
      { stroke: colour(series), fill: `${colour(series)}22`, width: 1.5, points: { show: false }, spanGaps: false },
    ],
    plugins: [tooltip(show)],
  };
}

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString('en', { hour12: false, hour: '2-digit', minute: '2-digit' });
}

/** The value under the pointer, in a corner of the chart. */
function tooltip(show) {
  const label = document.createElement('output');
  return {
    hooks: {
      init: (plot) => plot.over.append(label),
      setCursor: (plot) => {
        const value = plot.cursor.idx === null ? undefined : plot.data[1][plot.cursor.idx];
        label.textContent = value === undefined ? '' : show(value);
      },
    },
  };
}
