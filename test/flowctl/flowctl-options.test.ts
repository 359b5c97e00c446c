import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadServeConfig } from '../../src/config/serve-config.js';
import { advertisedHost } from '../../src/flowctl/advertised-host.js';
import { flowctlOptions, type FlowctlOptions } from '../../src/flowctl/flowctl-options.js';
import { sourceEndpoint } from '../../src/flowctl/source-endpoint.js';
import { ProcessorError } from '../../workers/errors.js';

const optionsOf = (env: Record<string, string>): FlowctlOptions =>
  flowctlOptions(loadServeConfig({ flags: {}, env }).values);

test('flowctl is enabled by either flag, or by a component id where neither flag says no', () => {
  const enabled: Record<string, string>[] = [
    { FLOWCTL_ENABLED: 'true' },
    { ENABLE_FLOWCTL: 'true' },
    { FLOWCTL_ENABLED: 'false', ENABLE_FLOWCTL: 'true' },
    { FLOWCTL_COMPONENT_ID: 'cd' },
  ];
  const disabled: Record<string, string>[] = [
    {},
    { FLOWCTL_ENABLED: 'false' },
    { FLOWCTL_SERVICE_ID: 'cd' },
    { FLOWCTL_ENDPOINT: 'localhost:8080' },
    { FLOWCTL_COMPONENT_ID: 'cd', FLOWCTL_ENABLED: 'false' },
    { FLOWCTL_COMPONENT_ID: 'cd', ENABLE_FLOWCTL: 'false' },
  ];
  for (const env of enabled) assert.ok(optionsOf(env).enabled, JSON.stringify(env));
  for (const env of disabled) assert.ok(!optionsOf(env).enabled, JSON.stringify(env));
});

test('the environment of `flowctl run` is enough', () => {
  const options = optionsOf({
    ENABLE_FLOWCTL: 'true',
    FLOWCTL_ENDPOINT: '127.0.0.1:8181',
    FLOWCTL_HEARTBEAT_INTERVAL: '10s',
    FLOWCTL_SERVICE_ID: 'contract-data',
    FLOWCTL_COMPONENT_ID: 'contract-data',
    HEALTH_PORT: '8088',
  });
  assert.equal(options.enabled, true);
  assert.equal(options.id, 'contract-data');
  assert.equal(options.target, '127.0.0.1:8181');
  assert.equal(options.heartbeatIntervalMs, 10_000);
});

test('the id is the component id, else the service id, else the name', () => {
  assert.equal(optionsOf({}).id, 'contract-data-processor');
  assert.equal(optionsOf({ SERVICE_NAME: 'n' }).id, 'n');
  assert.equal(optionsOf({ SERVICE_NAME: 'n', FLOWCTL_SERVICE_ID: 's' }).id, 's');
  assert.equal(optionsOf({ SERVICE_NAME: 'n', FLOWCTL_SERVICE_ID: 's', FLOWCTL_COMPONENT_ID: 'c' }).id, 'c');
});

test('the heartbeat interval is a Go duration or milliseconds', () => {
  const interval = (text: string): number => optionsOf({ FLOWCTL_HEARTBEAT_INTERVAL: text }).heartbeatIntervalMs;
  assert.deepEqual(['1m30s', '2500', '500ms'].map(interval), [90_000, 2500, 500]);
});

test('settings that do not go together are faults', () => {
  const faulty: [Record<string, string>, RegExp][] = [
    [{ FLOWCTL_DEGRADED_ERROR_RATE: '30' }, /FLOWCTL_DEGRADED_ERROR_RATE/],
    [{ FLOWCTL_TLS_CA: 'ca.pem' }, /FLOWCTL_TLS: true expected/],
    [{ FLOWCTL_TLS: 'true', FLOWCTL_TLS_CERT: 'c.pem' }, /FLOWCTL_TLS_CERT and FLOWCTL_TLS_KEY/],
    [{ FLOWCTL_TLS: 'true', FLOWCTL_TLS_CA: '/nowhere/ca.pem' }, /FLOWCTL_TLS_CA: ENOENT/],
  ];
  for (const [env, expected] of faulty) {
    assert.throws(
      () => optionsOf(env),
      (error) => error instanceof ProcessorError && error.code === 'CONFIG_INVALID' && expected.test(error.message),
    );
  }
});

test('SOURCE_ENDPOINT takes an address or the word flowctl', () => {
  assert.deepEqual(sourceEndpoint.parse('flowctl'), { value: 'flowctl' });
  assert.deepEqual(sourceEndpoint.parse('a.example:1'), { value: { host: 'a.example', port: 1 } });
  assert.ok('misfit' in sourceEndpoint.parse('flowctl:'));
  assert.equal(sourceEndpoint.show('flowctl'), 'flowctl');
});

test('the advertised host is the configured one, else the only one listened on, else the way to flowctl', async () => {
  const peerHost = '127.0.0.1';
  const host = (configured: string | undefined, listening: string): Promise<string> =>
    advertisedHost({ configured, listening, peerHost });
  assert.equal(await host('processor.example', '10.0.0.1'), 'processor.example');
  assert.equal(await host(undefined, '10.0.0.1'), '10.0.0.1');
  for (const every of ['', '0.0.0.0', '::']) assert.equal(await host(undefined, every), '127.0.0.1');
  await assert.rejects(advertisedHost({ configured: undefined, listening: '', peerHost: 'nowhere.invalid' }));
});
