/**
 * Fills the page from /status.json, again and again. Elements that show one value name it: data-value is its path,
 * data-as how it reads. All text goes in as text, so that nothing in it can be markup.
 */
import { Charts } from '/status/charts.js';
import { bytes, count, duration, percent, sum, time } from '/status/figures.js';

const POLL_MS = 2_000;
const SILENT_AFTER_MS = 8_000;

const READERS = {
  table: ({ table }) => table,
  ledgers: ({ start_ledger: start, end_ledger: end }) => `${count(start)} to ${end === 0 ? 'the tip' : count(end)}`,
  'complete through': ({ complete_through: ledger }) => count(ledger),
  behind: ({ behind_ledgers: behind }) => `${count(behind)} ledgers`,
  rows: ({ rows }) => count(rows),
  since: ({ opened_at: at }) => time(at),
};
const SESSIONS = {
  session: ({ id }) => id.slice(0, 8),
  state: ({ state, waits_for_readers: waits }) => (waits ? `${state}, waits for readers` : state),
  ledgers: READERS.ledgers,
  made: READERS['complete through'],
  behind: READERS.behind,
  'rows delivered': READERS.rows,
  readers: ({ readers: { total, listed } }) =>
    total === 0
      ? 'none'
      : `${total}: ${listed.map(({ complete_through: ledger }) => `at ${count(ledger)}`).join(', ')}`,
};
const EVENTS = {
  time: ({ at }) => time(at),
  level: ({ level }) => level,
  what: ({ message, times }) => (times > 1 ? `${message} (${count(times)} times)` : message),
  where: ({ place }) =>
    Object.entries(place)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
};
const CONFIGURATION = {
  setting: ({ key }) => key,
  value: ({ value }) => value || '–',
  origin: ({ is_default: isDefault }) => (isDefault ? '' : 'set'),
};

const SHOW = {
  bytes,
  count,
  duration,
  percent,
  sum,
  version: (version, { service: { commit } }) => (commit === undefined ? version : `${version} (${commit})`),
};

const byId = (id) => document.getElementById(id);
const charts = new Charts(byId('charts'));
let answeredAt = performance.now();

async function fetchJson(path) {
  const response = await fetch(path, { cache: 'no-store' });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return await response.json();
}

async function poll() {
  try {
    const status = await fetchJson('/status.json');
    answeredAt = performance.now();
    show(status);
    if (status.sample !== null && !charts.add(status.sample)) charts.show(await fetchJson('/status/history.json'));
  } catch (error) {
    console.warn(error);
  }
  showSilence();
}

function showSilence() {
  const silentMs = performance.now() - answeredAt;
  const isSilent = silentMs > SILENT_AFTER_MS;
  byId('silence').hidden = !isSilent;
  document.body.classList.toggle('stale', isSilent);
  if (isSilent)
    byId('silence').textContent = `No answer for ${duration(silentMs / 1000)}. What is shown is from before.`;
}

function show(status) {
  for (const element of document.querySelectorAll('[data-value]')) {
    const value = element.dataset.value.split('.').reduce((from, key) => from?.[key], status);
    const text = value === undefined || value === null ? '–' : (SHOW[element.dataset.as] ?? String)(value, status);
    setText(element, text);
  }
  showHealth(status);
  showPlaces(status);
  showErrors(status.totals.errors);
  fillTable(byId('range-readers'), READERS, status.range_readers, 'Nobody reads a range.');
  fillTable(byId('sessions'), SESSIONS, status.sessions, 'There is no session.');
  fillTable(byId('events'), EVENTS, { listed: status.events }, 'None since the start.', ({ level }) => level);
}

function showHealth({ service, health: { status, reasons } }) {
  document.title = `${service.name}: ${status}`;
  setText(byId('health'), status);
  byId('health').className = `pill ${status}`;
  byId('reasons').hidden = reasons.length === 0;
  byId('reasons').replaceChildren(...reasons.map((reason) => elementOf('li', reason)));
}

function showPlaces({ ledgers, source, flight, flowctl, memory }) {
  const { tip, delivered, watermark, open_streams: openStreams } = ledgers;
  const behindTip = tip > delivered ? `, ${count(tip - delivered)} behind ${count(tip)}` : '';
  setText(byId('tip'), `last ledger delivered${behindTip}`);
  setText(byId('watermark'), openStreams === 0 ? 'no stream' : `ledger ${count(watermark)}`);
  const states = Object.entries(source.connections).filter(([, streams]) => streams > 0);
  setText(byId('source-state'), states.map(([state, streams]) => `${streams} ${state}`).join(', ') || 'not read');
  setText(byId('lag'), source.received_ledgers === 0 ? '–' : duration(Math.max(0, source.lag_seconds)));
  setText(byId('readers-count'), flight.readers === 1 ? '1 reader' : `${count(flight.readers)} readers`);
  const { registered, heartbeats, heartbeat_errors: failed } = flowctl;
  setText(
    byId('flowctl'),
    registered ? `registered, ${count(heartbeats)} heartbeats` : failed > 0 ? 'away' : 'not used',
  );
  const held = Object.values(memory.queued_bytes).reduce((total, value) => total + value, 0);
  setText(byId('held'), bytes(held));
  byId('memory-meter').value = held / memory.limit_bytes;
}

function showErrors(errors) {
  const counts = Object.entries(errors).map(([code, times]) => `${code} ${count(times)}`);
  byId('error-counts').hidden = counts.length === 0;
  setText(byId('error-counts'), `Errors since the start: ${counts.join(', ')}`);
}

/** A row for each listed value. Narrow screens show a row as a block, each cell with its column's name. */
function fillTable(table, columns, { listed, total = listed.length }, empty, classOf = () => '') {
  const names = Object.keys(columns);
  const rows = listed.map((value) => {
    const row = elementOf('tr');
    row.className = classOf(value);
    for (const name of names) {
      const cell = elementOf('td', columns[name](value));
      cell.dataset.name = name;
      row.append(cell);
    }
    return row;
  });
  const body = elementOf('tbody');
  body.append(...rows);
  if (total > listed.length) body.append(noteRow(names, `and ${count(total - listed.length)} more`));
  if (total === 0) {
    body.append(noteRow(names, empty));
    table.replaceChildren(body);
    return;
  }
  const head = elementOf('thead');
  head.append(elementOf('tr'));
  head.firstChild.append(...names.map((name) => elementOf('th', name)));
  table.replaceChildren(head, body);
}

function noteRow(names, text) {
  const row = elementOf('tr');
  const cell = elementOf('td', text);
  cell.colSpan = names.length;
  cell.className = 'note';
  row.append(cell);
  return row;
}

function elementOf(tag, text = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

/** Leaves what has not changed alone, so that text can be selected. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

async function run() {
  for (;;) {
    if (!document.hidden) await poll();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void poll();
});
fetchJson('/status/configuration.json').then(
  (settings) => fillTable(byId('configuration'), CONFIGURATION, { listed: settings }, ''),
  (error) => console.warn(error),
);
void run();
