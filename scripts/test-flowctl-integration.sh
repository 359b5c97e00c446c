#!/usr/bin/env bash
# Checks a running processor against a running flowctl control plane, the real one or `flowctl-dev`:
#
#   scripts/test-flowctl-integration.sh
#
#   HEALTH_URL         where the processor's HTTP port is        http://localhost:8089
#   FLOWCTL_ENDPOINT   the control plane                         localhost:8080
#   FLOWCTL_COMPONENT_ID, FLOWCTL_SERVICE_ID, SERVICE_NAME
#                      the id it is registered under             contract-data-processor
#   WATCH_SECONDS      how long to wait for heartbeats           25
#
# Needs Node and this repository's `npm ci`, nothing else. Exits 0 when all is well, 1 when a check failed.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node --input-type=module - <<'SCRIPT'
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const env = (name, fallback) => process.env[name] || fallback;
const healthUrl = env('HEALTH_URL', 'http://localhost:8089').replace(/\/$/, '');
const endpoint = env('FLOWCTL_ENDPOINT', 'localhost:8080');
const id = env('FLOWCTL_COMPONENT_ID', env('FLOWCTL_SERVICE_ID', env('SERVICE_NAME', 'contract-data-processor')));
const watchSeconds = Number(env('WATCH_SECONDS', '25'));

let failures = 0;
const section = (title) => console.log(`\n${title}`);
const ok = (text) => console.log(`  ok    ${text}`);
const note = (text) => console.log(`  note  ${text}`);
function fail(text, ...advice) {
  failures += 1;
  console.log(`  FAIL  ${text}`);
  for (const line of advice) console.log(`        - ${line}`);
}

/** Values of the contract_data_* metrics without labels. */
async function processorMetrics() {
  const text = await (await fetch(`${healthUrl}/metrics`)).text();
  return new Map(
    [...text.matchAll(/^(contract_data_\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
}

function service(file, name) {
  const options = { includeDirs: ['proto'], keepCase: true, longs: String, enums: String, defaults: true };
  const Service = name.split('.').reduce((at, part) => at[part], grpc.loadPackageDefinition(loadSync(file, options)));
  const client = new Service(endpoint, grpc.credentials.createInsecure());
  return (method, request = {}) =>
    new Promise((resolve, reject) => {
      client[method](request, { deadline: Date.now() + 5000 }, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
}

/** What the control plane has, whichever generation it is: id, status, metrics, time of the last heartbeat. */
async function components() {
  try {
    const v1 = service('flowctl/v1/control_plane.proto', 'flowctl.v1.ControlPlaneService');
    const { components: listed } = await v1('ListComponents', { include_unhealthy: true });
    return {
      generation: 'flowctl.v1',
      list: listed.map(({ component, status, metrics, last_heartbeat: last }) => ({
        id: component.id,
        status: status.replace('HEALTH_STATUS_', ''),
        endpoint: component.endpoint,
        metrics,
        lastHeartbeat: Number(last?.seconds ?? 0) * 1000 + (last?.nanos ?? 0) / 1e6,
      })),
    };
  } catch (error) {
    if (error.code !== grpc.status.UNIMPLEMENTED) throw error;
  }
  const legacy = service('flowctl/control_plane.proto', 'flowctl.ControlPlane');
  const { services } = await legacy('ListServices');
  return {
    generation: 'legacy',
    list: services.map((one) => ({
      id: one.service_id,
      status: one.is_healthy ? 'HEALTHY' : 'UNHEALTHY',
      endpoint: '',
      metrics: one.metrics,
      lastHeartbeat: Number(one.last_heartbeat?.seconds ?? 0) * 1000 + (one.last_heartbeat?.nanos ?? 0) / 1e6,
    })),
  };
}

section(`Processor at ${healthUrl}`);
let before;
try {
  const response = await fetch(`${healthUrl}/health`);
  const { status, reasons } = await response.json();
  if (response.status === 200) ok(`health: ${status}`);
  else fail(`health: ${status}`, ...reasons);
  if (response.status === 200) for (const reason of reasons) note(reason);
  before = await processorMetrics();
  if (before.get('contract_data_flowctl_registered') === 1) ok('it holds a registration');
  else {
    fail(
      'it is not registered with flowctl',
      'is FLOWCTL_ENABLED=true set for the processor?',
      `does the processor reach FLOWCTL_ENDPOINT, and is it ${endpoint}?`,
      'the processor logs each refusal once: look for "flowctl did not take the registration"',
    );
  }
} catch (error) {
  fail(
    `no answer: ${error.cause?.message ?? error.message}`,
    'is the processor running? contract-data-processor serve',
    'is HEALTH_URL its HEALTH_PORT?',
  );
}

section(`Control plane at ${endpoint}`);
let known;
try {
  known = await components();
  ok(`it answers (${known.generation})`);
  for (const one of known.list) console.log(`        ${one.id}  ${one.status}  ${one.endpoint}`);
} catch (error) {
  fail(
    `no answer: ${error.message}`,
    'is it running? flowctl server, or: contract-data-processor flowctl-dev',
    'is FLOWCTL_ENDPOINT right? A control plane with TLS cannot be asked by this script',
  );
}

if (before && known) {
  section(`Service ${id}`);
  const mine = known.list.find((one) => one.id === id);
  if (mine === undefined) {
    fail(
      'it is not in the registry',
      'is it registered under another id? The list above says which there are; set FLOWCTL_COMPONENT_ID',
      'does the processor talk to another control plane? Its log names the one it registered with',
    );
  } else if (mine.status === 'HEALTHY') ok('registered and HEALTHY');
  else if (known.generation === 'legacy') note('registered; this control plane does not tell its health');
  else {
    fail(
      `registered, but ${mine.status}`,
      'DEGRADED and UNHEALTHY are what the processor reports: see error_rate below and its log',
      'UNHEALTHY is also what flowctl makes of 30 s without a heartbeat',
    );
  }

  const sent = 'contract_data_flowctl_heartbeats_sent_total';
  const rows = 'contract_data_contracts_processed_total';
  let after = before;
  let later = mine;
  const until = Date.now() + watchSeconds * 1000;
  while (Date.now() < until) {
    await sleep(1000);
    after = await processorMetrics();
    later = (await components()).list.find((one) => one.id === id);
    if (after.get(sent) > before.get(sent) && (later?.lastHeartbeat ?? 0) > (mine?.lastHeartbeat ?? 0)) break;
  }
  if (after.get(sent) > before.get(sent)) ok(`heartbeats are accepted: ${before.get(sent)} -> ${after.get(sent)}`);
  else {
    fail(
      `no heartbeat was accepted within ${watchSeconds} s`,
      'is FLOWCTL_HEARTBEAT_INTERVAL longer than that? Set WATCH_SECONDS',
      `contract_data_flowctl_heartbeat_errors_total is ${after.get('contract_data_flowctl_heartbeat_errors_total')}`,
    );
  }
  if ((later?.lastHeartbeat ?? 0) > (mine?.lastHeartbeat ?? 0)) ok('and arrive in the registry');
  else if (known.generation === 'legacy') note('this control plane may not keep when they arrived');
  else if (mine !== undefined) fail('but none arrived in the registry', 'is another process registered under the same id?');

  for (const [name, value] of Object.entries(later?.metrics ?? {}).sort()) console.log(`        ${name} = ${value}`);
  if (after.get(rows) > before.get(rows)) ok(`rows grow: ${before.get(rows)} -> ${after.get(rows)}`);
  else note('no row was processed meanwhile: rows flow only while a reader or a pipeline is connected');
  const errorRate = Number(later?.metrics.error_rate ?? 0);
  if (errorRate >= 5) {
    fail(
      `error_rate is ${errorRate} %`,
      `see contract_data_processing_errors_total by code at ${healthUrl}/metrics and docs/errors.md`,
      'PASSPHRASE_MISMATCH: NETWORK_PASSPHRASE is not that of the source; SOURCE_*: see the source',
    );
  }
}

console.log(failures === 0 ? '\nAll is well.' : `\n${failures} checks failed.`);
process.exit(failures === 0 ? 0 : 1);
SCRIPT
