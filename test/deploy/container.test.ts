import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { CONSUME_SETTINGS } from '../../src/config/consume-settings.js';
import { loadServeConfig } from '../../src/config/serve-config.js';
import { SERVE_SETTINGS } from '../../src/config/serve-settings.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const dockerfile = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ');
const instructions = (name: string): string[] =>
  [...dockerfile.matchAll(new RegExp(`^${name} +(.*)$`, 'gm'))].map(([, words]) => words!);

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}

const compose = parse(readFileSync('compose.yaml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
};
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);

test('what the image copies is there, and is let through by .dockerignore', () => {
  const allowed = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copied = instructions('COPY')
    .filter((words) => !words.startsWith('--from'))
    .flatMap((words) => words.split(/\s+/).slice(0, -1));
  assert.ok(copied.length > 5);
  for (const path of copied) {
    assert.ok(existsSync(path), `${path} does not exist`);
    assert.ok(
      allowed.some((entry) => path === entry || path.startsWith(`${entry}/`)),
      `${path} is ignored`,
    );
  }
});

test('the image has what the installed package has', () => {
  const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
  const kept = instructions('COPY').join(' ');
  for (const path of files.filter((file) => !/^!|\.(md|yaml)$/.test(file))) assert.ok(kept.includes(path), path);
});

test('the image runs as a user that is not root, says whether it is healthy, and ends on SIGTERM', () => {
  assert.deepEqual(instructions('USER'), ['node']);
  assert.match(instructions('HEALTHCHECK')[0]!, /CMD curl -fsS? "http:\/\/localhost:\$\{HEALTH_PORT:-8089\}\/health"/);
  assert.deepEqual(instructions('STOPSIGNAL'), ['SIGTERM']);
  assert.match(instructions('ENTRYPOINT')[0]!, /^\["contract-data-processor"\]$/);
});

test('the image takes a command of the program, and the whole command line of a flowctl pipeline', () => {
  const entrypoint = readFileSync('deploy/docker/entrypoint.sh', 'utf8').replaceAll('exec ', 'echo ');
  const run = (...words: string[]): string =>
    spawnSync('sh', ['-c', entrypoint, 'entrypoint.sh', ...words], { encoding: 'utf8' }).stdout.trim();
  assert.equal(run('demo', '--ledgers', '9'), 'node /app/dist/src/main.js demo --ledgers 9');
  assert.equal(run('--version'), 'node /app/dist/src/main.js --version');
  assert.equal(run('node', 'dist/src/main.js', 'serve'), 'node dist/src/main.js serve');
  const [workdir] = instructions('WORKDIR').slice(-1);
  assert.equal(workdir, '/app');
});

test('the ports of the image are those that its commands listen on', () => {
  const { values } = loadServeConfig({ flags: {}, env: {} });
  const exposed = instructions('EXPOSE').join(' ').split(' ').map(Number);
  for (const port of [values.grpcAddress.port, values.flightAddress.port, values.healthPort]) {
    assert.ok(exposed.includes(port), `${port}`);
  }
});

test('compose gives our services commands and options that exist', () => {
  for (const [name, { command = [] }] of ours) {
    const [word, ...options] = command;
    const help = spawnSync(process.execPath, [MAIN, word!, '--help'], { encoding: 'utf8' });
    assert.equal(help.status, 0, `${name}: ${help.stderr}`);
    assert.match(help.stdout, new RegExp(`^Usage: contract-data-processor ${word!}\\b`), name);
    for (const option of options.filter((one) => one.startsWith('--'))) assert.ok(help.stdout.includes(option), option);
  }
});

test('compose and flowctl pipelines set variables that the program reads', () => {
  const known = new Set<string>(
    [...Object.values(SERVE_SETTINGS), ...Object.values(CONSUME_SETTINGS)].map(({ env }) => env),
  );
  const pipelines = readdirSync('deploy/flowctl')
    .map(
      (file) =>
        parse(readFileSync(join('deploy/flowctl', file), 'utf8')) as { spec: { processors: { env: object }[] } },
    )
    .flatMap(({ spec }) => spec.processors.map(({ env }) => env));
  const environments = [...ours.map(([, { environment = {} }]) => environment), ...pipelines];
  assert.deepEqual(
    environments.flatMap((environment) => Object.keys(environment)).filter((name) => !known.has(name)),
    [],
  );
});

test('compose publishes on this machine only, mounts what exists, and waits for what can be waited for', () => {
  for (const [name, { ports = [], volumes = [], depends_on: needs = {} }] of services) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name);
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) assert.ok(statSync(source).isDirectory(), source);
      else assert.ok(source in compose.volumes, source);
    }
    for (const [needed, { condition }] of Object.entries(needs)) {
      const service = compose.services[needed];
      assert.ok(service, `${name} needs ${needed}`);
      if (condition === 'service_healthy')
        assert.ok(service.healthcheck ?? service.build, `${needed} has no health check`);
    }
  }
  const published = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]));
  assert.equal(new Set(published).size, published.length, 'a port is published twice');
});

test('Prometheus scrapes the services of compose, and Grafana asks it', () => {
  const { scrape_configs: jobs } = parse(readFileSync('deploy/prometheus/prometheus.yml', 'utf8')) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  const targets = jobs.flatMap(({ static_configs: configs }) => configs.flatMap((config) => config.targets));
  assert.equal(targets.length, 2);
  for (const target of targets) {
    const [name, port] = target.split(':');
    assert.ok(
      compose.services[name!]?.ports?.some((one) => one.endsWith(`:${port!}`)),
      target,
    );
  }
  const alerts = readFileSync('deploy/prometheus/alerts.yml', 'utf8');
  for (const [, job] of alerts.matchAll(/up\{job="([^"]+)"\}/g)) {
    assert.ok(
      jobs.some(({ job_name: name }) => name === job),
      job,
    );
  }
  const { datasources } = parse(readFileSync('deploy/grafana/provisioning/datasources/prometheus.yml', 'utf8')) as {
    datasources: { url: string }[];
  };
  assert.deepEqual(
    datasources.map(({ url }) => url),
    ['http://prometheus:9090'],
  );
});
