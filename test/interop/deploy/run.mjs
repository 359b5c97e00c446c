// Prometheus itself on what deploy/ gives it: `node test/interop/deploy/run.mjs [--dist dist]`. promtool checks and tests the
// rules; a real Prometheus scrapes the service and evaluates every panel's query. Left out where they are not installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dist, report, root, runSuites, startProgram, startService } from '../tools.mjs';

const deploy = join(root, 'deploy');
const SCRAPES = 4;
/** What a service that has just been read has no data for: what has not happened, and flowctl, which it was not told of. */
const MAY_BE_EMPTY = /errors|histogram_quantile|consumer|> 0$/;

const isThere = (program) => spawnSync(program, ['--version']).status === 0;
if (!isThere('promtool') || !isThere('prometheus')) console.log('skip prometheus: not installed (Debian: prometheus)');
else await runSuites({ promtool, prometheus });

function promtool() {
  const run = (check, ...words) => {
    const { status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8', timeout: 60_000 });
    report('promtool', check, status === 0, stdout + stderr);
  };
  run('takes the configuration', 'check', 'config', join(deploy, 'prometheus', 'prometheus.yml'));
  run('finds each alert as its test says', 'test', 'rules', join(deploy, 'prometheus', 'alerts.test.yml'));
}

async function prometheus() {
  const { flight, health } = await startService();
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const port = await freePort();
  try {
    const config = readFileSync(join(deploy, 'prometheus', 'prometheus.yml'), 'utf8')
      .replace('processor:8089', `127.0.0.1:${health}`)
      .replaceAll(/_interval: 10s/g, '_interval: 1s')
      .replace('alerts.yml', join(deploy, 'prometheus', 'alerts.yml'));
    writeFileSync(join(folder, 'prometheus.yml'), config);
    startProgram('prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    await readOn(flight);
    const api = `http://127.0.0.1:${port}/api/v1`;
    await until(`${SCRAPES} scrapes`, async () => {
      const { data } = await query(api, 'count_over_time(contract_data_build_info[1m])');
      return Number(data?.result[0]?.value[1]) >= SCRAPES;
    });
    await evaluatePanels(api);
    const { data } = await (await fetch(`${api}/rules`)).json();
    const rules = data.groups.flatMap((group) => group.rules);
    const ill = rules.filter((rule) => rule.health === 'err').map((rule) => rule.name);
    report('prometheus', 'evaluates every alert', rules.length > 0 && ill.length === 0, ill.join(', '));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function evaluatePanels(api) {
  const folder = join(deploy, 'grafana', 'dashboards');
  for (const file of readdirSync(folder)) {
    const { panels } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const faults = [];
    for (const { title, targets = [] } of panels) {
      for (const { expr } of targets) {
        const filled = expr.replaceAll('$__rate_interval', '10s').replaceAll('$job', '.*');
        const { status, error, data } = await query(api, filled);
        if (status !== 'success') faults.push(`${title}: ${error}`);
        else if (data.result.length === 0 && !MAY_BE_EMPTY.test(expr)) faults.push(`${title}: no data for ${filled}`);
      }
    }
    report('prometheus', `evaluates every query of ${file}`, faults.length === 0, faults.join('\n'));
  }
}

async function query(api, expression) {
  try {
    return await (await fetch(`${api}/query?query=${encodeURIComponent(expression)}`)).json();
  } catch (error) {
    return { status: 'error', error: String(error) };
  }
}

/** Has a reader follow, so that there is something to see. */
async function readOn(flight) {
  const { readFlight } = await import(join(dist, 'src', 'flight-client', 'read-flight.js'));
  const reading = readFlight(`127.0.0.1:${flight}`, { start_ledger: 1, end_ledger: 0 }, new AbortController().signal);
  void (async () => {
    for await (const batch of reading) if (batch.rows === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  })().catch(() => undefined);
}

async function until(what, condition) {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
