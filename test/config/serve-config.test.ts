import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Keypair, Networks, StrKey } from '@stellar/stellar-base';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { exampleFile } from '../../src/config/example-file.js';
import { addSettingOptions, flagValues } from '../../src/config/options.js';
import { loadServeConfig } from '../../src/config/serve-config.js';
import { SERVE_SETTINGS, type ServeConfig } from '../../src/config/serve-settings.js';
import { ProcessorError } from '../../workers/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
after(() => rmSync(folder, { recursive: true }));

const contract = StrKey.encodeContract(Buffer.alloc(32, 1));
const issuer = Keypair.fromRawEd25519Seed(Buffer.alloc(32, 3)).publicKey();

/** For every key: a value other than the default as the environment and as YAML spell it, and what it must become. */
const SAMPLES: { readonly [K in keyof ServeConfig]: readonly [env: string, yaml: unknown, value: ServeConfig[K]] } = {
  grpcAddress: ['127.0.0.1:9001', '127.0.0.1:9001', { host: '127.0.0.1', port: 9001 }],
  flightAddress: [':9002', ':9002', { host: '', port: 9002 }],
  healthPort: ['9003', 9003, 9003],
  healthHost: ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
  advertiseHost: ['processor.example', 'processor.example', 'processor.example'],
  networkPassphrase: ['public', 'public', Networks.PUBLIC],
  batchRows: ['5000', 5000, 5000],
  flushIntervalMs: ['1m30s', '1m30s', 90_000],
  workerCount: ['3', 3, 3],
  ledgersPerTask: ['16', 16, 16],
  channelBufferLedgers: ['50', 50, 50],
  maxMemoryMb: ['512', 512, 512],
  streamShareBytes: ['16MiB', '16MiB', 16_777_216],
  unpackedLimitBytes: ['64MiB', '64MiB', 67_108_864],
  slowReaderTimeoutMs: ['500ms', '500ms', 500],
  keepaliveIntervalMs: ['2500', 2500, 2500],
  sessionWindowMb: ['32', 32, 32],
  sessionRetentionMs: ['5m', '5m', 300_000],
  onBadLedger: ['quarantine', 'quarantine', 'quarantine'],
  quarantineDir: ['/var/quarantine', '/var/quarantine', '/var/quarantine'],
  shutdownTimeoutMs: ['10s', '10s', 10_000],
  source: [
    's3://lakes/pubnet?region=us-east-2&unsigned',
    's3://lakes/pubnet?region=us-east-2&unsigned',
    {
      kind: 'lake',
      lake: {
        url: 's3://lakes/pubnet?region=us-east-2&unsigned',
        location: { kind: 'bucket', bucket: 'lakes', prefix: 'pubnet/', region: 'us-east-2', access: 'unsigned' },
        isPublic: true,
      },
    },
  ],
  sourceAccessKeyId: ['GOOG1EXAMPLE', 'GOOG1EXAMPLE', 'GOOG1EXAMPLE'],
  sourceSecretAccessKey: ['secret-key', 'secret-key', 'secret-key'],
  sourceEndpoint: ['source.example:50054', 'source.example:50054', { host: 'source.example', port: 50_054 }],
  sourceGapRetries: ['0', 0, 0],
  sourceIdleTimeoutMs: ['5m', '5m', 300_000],
  sourceTls: ['true', true, true],
  sourceTlsCa: ['ca.pem', 'ca.pem', 'ca.pem'],
  sourceTlsCert: ['cert.pem', 'cert.pem', 'cert.pem'],
  sourceTlsKey: ['key.pem', 'key.pem', 'key.pem'],
  sourceTlsServerName: ['inner.example', 'inner.example', 'inner.example'],
  sourceToken: ['source-token', 'source-token', 'source-token'],
  sourceTokenFile: ['token.txt', 'token.txt', 'token.txt'],
  flightTlsCert: ['flight.pem', 'flight.pem', 'flight.pem'],
  flightTlsKey: ['flight-key.pem', 'flight-key.pem', 'flight-key.pem'],
  flightTlsClientCa: ['readers.pem', 'readers.pem', 'readers.pem'],
  flightTokens: ['old-token, new-token', ['old-token', 'new-token'], ['old-token', 'new-token']],
  flightTokensFile: ['flight.txt', 'flight.txt', 'flight.txt'],
  grpcTlsCert: ['grpc.pem', 'grpc.pem', 'grpc.pem'],
  grpcTlsKey: ['grpc-key.pem', 'grpc-key.pem', 'grpc-key.pem'],
  grpcTlsClientCa: ['callers.pem', 'callers.pem', 'callers.pem'],
  grpcTokens: ['some-token', ['some-token'], ['some-token']],
  grpcTokensFile: ['grpc.txt', 'grpc.txt', 'grpc.txt'],
  healthTlsCert: ['health.pem', 'health.pem', 'health.pem'],
  healthTlsKey: ['health-key.pem', 'health-key.pem', 'health-key.pem'],
  healthTlsClientCa: ['probes.pem', 'probes.pem', 'probes.pem'],
  healthTokens: ['scrape-token', 'scrape-token', ['scrape-token']],
  healthTokensFile: ['health.txt', 'health.txt', 'health.txt'],
  maxConnections: ['50', 50, 50],
  maxStreamsPerConnection: ['10', 10, 10],
  maxRequestBytes: ['64KiB', '64KiB', 65_536],
  filterContractIds: [` ${contract} `, [contract], [contract]],
  filterAssetCodes: ['USDC, EURC', ['USDC', 'EURC'], ['USDC', 'EURC']],
  filterAssetIssuers: [issuer, [issuer], [issuer]],
  includeDeleted: ['false', false, false],
  knownAssets: [`USDC:${issuer}`, [`USDC:${issuer}`], [`USDC:${issuer}`]],
  flowctlEnabled: ['true', true, true],
  enableFlowctl: ['true', true, true],
  flowctlEndpoint: ['flowctl.example:9090', 'flowctl.example:9090', { host: 'flowctl.example', port: 9090 }],
  flowctlHeartbeatIntervalMs: ['5s', '5s', 5000],
  flowctlComponentId: ['pipeline-processor', 'pipeline-processor', 'pipeline-processor'],
  flowctlServiceId: ['processor-1', 'processor-1', 'processor-1'],
  serviceName: ['my-processor', 'my-processor', 'my-processor'],
  serviceVersion: ['2.0.0', '2.0.0', '2.0.0'],
  flowctlDegradedErrorRate: ['10', 10, 10],
  flowctlUnhealthyErrorRate: ['50', 50, 50],
  flowctlStaleAfterMs: ['2m', '2m', 120_000],
  flowctlTls: ['true', true, true],
  flowctlTlsCa: ['flowctl-ca.pem', 'flowctl-ca.pem', 'flowctl-ca.pem'],
  flowctlTlsCert: ['flowctl.pem', 'flowctl.pem', 'flowctl.pem'],
  flowctlTlsKey: ['flowctl-key.pem', 'flowctl-key.pem', 'flowctl-key.pem'],
  flowctlTlsServerName: ['inner.flowctl', 'inner.flowctl', 'inner.flowctl'],
  logLevel: ['warn', 'warn', 'warn'],
  debug: ['1', true, true],
};

type Key = keyof ServeConfig;
const keys = Object.keys(SERVE_SETTINGS) as Key[];

/** What some keys need beside them to be valid. */
const COMPANIONS: Partial<Record<Key, readonly Key[]>> = {
  sourceAccessKeyId: ['sourceSecretAccessKey'],
  sourceSecretAccessKey: ['sourceAccessKeyId'],
  sourceTlsCa: ['sourceTls'],
  sourceTlsCert: ['sourceTls', 'sourceTlsKey'],
  sourceTlsKey: ['sourceTls', 'sourceTlsCert'],
  sourceTlsServerName: ['sourceTls'],
  flowctlTlsCa: ['flowctlTls'],
  flowctlTlsCert: ['flowctlTls', 'flowctlTlsKey'],
  flowctlTlsKey: ['flowctlTls', 'flowctlTlsCert'],
  flowctlTlsServerName: ['flowctlTls'],
  flightTlsCert: ['flightTlsKey'],
  flightTlsKey: ['flightTlsCert'],
  flightTlsClientCa: ['flightTlsCert', 'flightTlsKey'],
  grpcTlsCert: ['grpcTlsKey'],
  grpcTlsKey: ['grpcTlsCert'],
  grpcTlsClientCa: ['grpcTlsCert', 'grpcTlsKey'],
  healthTlsCert: ['healthTlsKey'],
  healthTlsKey: ['healthTlsCert'],
  healthTlsClientCa: ['healthTlsCert', 'healthTlsKey'],
};

let files = 0;
function yamlFile(text: string): string {
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

function nested(entries: readonly (readonly [path: string, value: unknown])[]): object {
  const root: Record<string, unknown> = {};
  for (const [path, value] of entries) {
    const names = path.split('.');
    let section = root;
    for (const name of names.slice(0, -1)) section = (section[name] ??= {}) as Record<string, unknown>;
    section[names.at(-1)!] = value;
  }
  return root;
}

function parseFlags(...args: string[]): ReturnType<typeof flagValues> {
  const command = addSettingOptions(new Command('serve').exitOverride(), SERVE_SETTINGS);
  command.parse(args, { from: 'user' });
  return flagValues(command, SERVE_SETTINGS);
}

function faultOf(sources: Partial<Parameters<typeof loadServeConfig>[0]>): string {
  try {
    loadServeConfig({ flags: {}, env: {}, ...sources });
  } catch (error) {
    assert.ok(error instanceof ProcessorError);
    return error.message;
  }
  return assert.fail('no fault was found');
}

test('without any source the defaults are those that users were promised', () => {
  const { values, origins, warnings } = loadServeConfig({ flags: {}, env: {} });
  assert.deepEqual(values, {
    grpcAddress: { host: '', port: 8815 },
    flightAddress: { host: '', port: 8816 },
    healthPort: 8089,
    healthHost: undefined,
    advertiseHost: undefined,
    networkPassphrase: Networks.TESTNET,
    batchRows: 1000,
    flushIntervalMs: 5000,
    workerCount: Math.max(1, availableParallelism() - 1),
    ledgersPerTask: 8,
    channelBufferLedgers: 100,
    maxMemoryMb: 256,
    streamShareBytes: 8 * 1024 * 1024,
    unpackedLimitBytes: 256 * 1024 * 1024,
    slowReaderTimeoutMs: 30_000,
    keepaliveIntervalMs: 5000,
    sessionWindowMb: 16,
    sessionRetentionMs: 600_000,
    onBadLedger: 'fail',
    quarantineDir: './quarantine',
    shutdownTimeoutMs: 30_000,
    source: undefined,
    sourceAccessKeyId: undefined,
    sourceSecretAccessKey: undefined,
    sourceEndpoint: { host: 'localhost', port: 50_053 },
    sourceGapRetries: 5,
    sourceIdleTimeoutMs: 60_000,
    sourceTls: false,
    sourceTlsCa: undefined,
    sourceTlsCert: undefined,
    sourceTlsKey: undefined,
    sourceTlsServerName: undefined,
    sourceToken: undefined,
    sourceTokenFile: undefined,
    flightTlsCert: undefined,
    flightTlsKey: undefined,
    flightTlsClientCa: undefined,
    flightTokens: [],
    flightTokensFile: undefined,
    grpcTlsCert: undefined,
    grpcTlsKey: undefined,
    grpcTlsClientCa: undefined,
    grpcTokens: [],
    grpcTokensFile: undefined,
    healthTlsCert: undefined,
    healthTlsKey: undefined,
    healthTlsClientCa: undefined,
    healthTokens: [],
    healthTokensFile: undefined,
    maxConnections: 1000,
    maxStreamsPerConnection: 100,
    maxRequestBytes: 1024 * 1024,
    filterContractIds: [],
    filterAssetCodes: [],
    filterAssetIssuers: [],
    includeDeleted: true,
    knownAssets: [],
    flowctlEnabled: undefined,
    enableFlowctl: undefined,
    flowctlEndpoint: { host: 'localhost', port: 8080 },
    flowctlHeartbeatIntervalMs: 10_000,
    flowctlComponentId: undefined,
    flowctlServiceId: undefined,
    serviceName: 'contract-data-processor',
    serviceVersion: undefined,
    flowctlDegradedErrorRate: 5,
    flowctlUnhealthyErrorRate: 25,
    flowctlStaleAfterMs: 60_000,
    flowctlTls: false,
    flowctlTlsCa: undefined,
    flowctlTlsCert: undefined,
    flowctlTlsKey: undefined,
    flowctlTlsServerName: undefined,
    logLevel: 'info',
    debug: false,
  });
  assert.ok(Object.values(origins).every((origin) => origin === 'default'));
  assert.deepEqual(warnings, []);
});

for (const key of keys) {
  const { env, yaml } = SERVE_SETTINGS[key];
  const involved = [key, ...(COMPANIONS[key] ?? [])];

  test(`${env} works from the environment, the file and the flag`, () => {
    const fromEnv = loadServeConfig({
      flags: {},
      env: Object.fromEntries(involved.map((one) => [SERVE_SETTINGS[one].env, SAMPLES[one][0]])),
    });
    assert.deepEqual(fromEnv.values[key], SAMPLES[key][2]);
    assert.equal(fromEnv.origins[key], 'environment');

    const entries = involved.map((one) => [SERVE_SETTINGS[one].yaml, SAMPLES[one][1]] as const);
    const fromFile = loadServeConfig({ flags: {}, env: {}, file: yamlFile(stringify(nested(entries))) });
    assert.deepEqual(fromFile.values[key], SAMPLES[key][2], yaml);
    assert.equal(fromFile.origins[key], 'file');

    const args = involved.flatMap((one) => [
      `--${SERVE_SETTINGS[one].env.toLowerCase().replaceAll('_', '-')}`,
      SAMPLES[one][0],
    ]);
    const fromFlags = loadServeConfig({ flags: parseFlags(...args), env: {} });
    assert.deepEqual(fromFlags.values[key], SAMPLES[key][2]);
    assert.equal(fromFlags.origins[key], 'flag');
  });
}

test('a flag goes before the environment, the environment before the file, the file before the default', () => {
  const file = yamlFile('processor: { batch_size: 10 }');
  const env = { BATCH_SIZE: '20' };
  const flags = parseFlags('--batch-size', '30');
  assert.equal(loadServeConfig({ flags, env, file }).values.batchRows, 30);
  assert.equal(loadServeConfig({ flags: {}, env, file }).values.batchRows, 20);
  assert.equal(loadServeConfig({ flags: {}, env: {}, file }).values.batchRows, 10);
  assert.equal(loadServeConfig({ flags: {}, env: { BATCH_SIZE: ' ' }, file }).values.batchRows, 10);
});

test('a boolean flag is given bare, with a value, or negated', () => {
  const includeDeleted = (...args: string[]): boolean =>
    loadServeConfig({ flags: parseFlags(...args), env: { INCLUDE_DELETED: 'false' } }).values.includeDeleted;
  assert.equal(includeDeleted(), false);
  assert.equal(includeDeleted('--include-deleted'), true);
  assert.equal(includeDeleted('--include-deleted=true'), true);
  const negated = (...args: string[]): boolean =>
    loadServeConfig({ flags: parseFlags(...args), env: {} }).values.includeDeleted;
  assert.equal(negated(), true);
  assert.equal(negated('--no-include-deleted'), false);
  assert.equal(negated('--include-deleted', 'false'), false);
});

test('a list flag may be given again', () => {
  const flags = parseFlags('--filter-asset-codes', 'A,B', '--filter-asset-codes', 'C');
  assert.deepEqual(loadServeConfig({ flags, env: {} }).values.filterAssetCodes, ['A', 'B', 'C']);
});

test('a bad value is named with its key, unit, bounds and what came', () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ BATCH_SIZE: '0' }, /^BATCH_SIZE: a whole number of rows from 1 to 1000000 expected, "0" found$/],
    [{ MAX_MEMORY_MB: '1GB' }, /^MAX_MEMORY_MB: a whole number of MiB from 32 to 1048576 expected, "1GB" found$/],
    [{ FLUSH_INTERVAL: 'soon' }, /^FLUSH_INTERVAL: a duration from 10ms to 10m .* expected, "soon" found$/],
    [{ SHUTDOWN_TIMEOUT: '2h' }, /^SHUTDOWN_TIMEOUT: a duration from 100ms to 1h .* expected, "2h" found$/],
    [{ STREAM_SHARE: '1MiB' }, /^STREAM_SHARE: a size from 4MiB to 1GiB .* expected, "1MiB" found$/],
    [{ GRPC_ADDRESS: '8815' }, /^GRPC_ADDRESS: host:port or :port .* expected, "8815" found$/],
    [{ HEALTH_PORT: '70000' }, /^HEALTH_PORT: a port from 0 to 65535 .* expected, "70000" found$/],
    [{ ON_BAD_LEDGER: 'skip' }, /^ON_BAD_LEDGER: one of fail, quarantine expected, "skip" found$/],
    [{ INCLUDE_DELETED: 'yes' }, /^INCLUDE_DELETED: true or false expected, "yes" found$/],
    [
      { FILTER_CONTRACT_IDS: `${contract},nonsense` },
      /^FILTER_CONTRACT_IDS: a list of contract ids .* expected, "nonsense" found$/,
    ],
  ];
  for (const [env, expected] of cases) assert.match(faultOf({ env }), expected);
  assert.match(faultOf({ flags: parseFlags('--batch-size', 'x') }), /^--batch-size: .* "x" found$/);
  assert.match(
    faultOf({ file: yamlFile('processor: {batch_size: 1.5}') }),
    /^processor\.batch_size in .*\.yaml: .* 1\.5 found$/,
  );
});

test('all faults are listed at once', () => {
  const message = faultOf({
    flags: parseFlags('--worker-count', '0'),
    env: { BATCH_SIZE: 'x', HEALTH_PORT: 'y' },
    file: yamlFile('processor: {flush_interval: never}\nnonsense: 1\n'),
  });
  for (const part of [
    '5 faults',
    '--worker-count',
    'BATCH_SIZE',
    'HEALTH_PORT',
    'processor.flush_interval',
    'nonsense',
  ]) {
    assert.ok(message.includes(part), `${part} in: ${message}`);
  }
});

test('a file is refused for what it should not hold, with the line and the key that was meant', () => {
  const cases: [string, RegExp][] = [
    ['processor:\n  grpc_adress: ":1"\n', /line 2: unknown key processor\.grpc_adress \(processor\.grpc_address\?\)/],
    ['proccessor: {}\n', /line 1: unknown key proccessor/],
    ['processor: 5\n', /line 1: processor: keys with values expected/],
    ['- a\n', /line 1: the file: keys with values expected/],
    ['processor: {batch_size: {rows: 5}}\n', /line 1: processor\.batch_size: a value or a list of values expected/],
    ['processor: {batch_size: 1, batch_size: 2}\n', /line 1: .*unique/],
    ['processor: [\n', /line \d: /],
  ];
  for (const [text, expected] of cases) assert.match(faultOf({ file: yamlFile(text) }), expected);
  assert.match(faultOf({ file: join(folder, 'absent.yaml') }), /absent\.yaml: cannot be read: ENOENT/);
});

test('a file, or a section of it, may be empty', () => {
  for (const text of ['', '# nothing\n', 'processor:\n', 'processor: {}\n', 'processor: {batch_size: }\n']) {
    assert.equal(loadServeConfig({ flags: {}, env: {}, file: yamlFile(text) }).values.batchRows, 1000);
  }
});

test("the hand-off's processor section is read", () => {
  const file = yamlFile(`processor:
  grpc_address: ":8815"
  flight_address: ":8816"
  health_port: 8089
  network_passphrase: "Test SDF Network ; September 2015"
`);
  const { values, origins } = loadServeConfig({ flags: {}, env: {}, file });
  assert.equal(values.networkPassphrase, Networks.TESTNET);
  assert.deepEqual(
    keys.filter((key) => origins[key] === 'file'),
    ['grpcAddress', 'flightAddress', 'healthPort', 'networkPassphrase'],
  );
});

test('the example file is valid and changes nothing', () => {
  const { values, origins } = loadServeConfig({ flags: {}, env: {}, file: yamlFile(exampleFile()) });
  assert.deepEqual(values, loadServeConfig({ flags: {}, env: {} }).values);
  assert.ok(keys.filter((key) => origins[key] === 'file').length > 20);
});

test('an environment variable that is nearly known is warned about, others are not', () => {
  const env = { PATH: '/bin', GRPC_ADRESS: ':1', batch_size: '5' };
  const { warnings, values } = loadServeConfig({ flags: {}, env });
  assert.deepEqual(warnings, [
    'environment variable GRPC_ADRESS is not known and was ignored (GRPC_ADDRESS?)',
    'environment variable batch_size is not known and was ignored (BATCH_SIZE?)',
  ]);
  assert.equal(values.batchRows, 1000);
});

test("another program's DEBUG is ignored in the environment, but not in a flag or a file", () => {
  const { values, origins } = loadServeConfig({ flags: {}, env: { DEBUG: 'express:*' } });
  assert.equal(values.debug, false);
  assert.equal(origins.debug, 'default');
  assert.equal(loadServeConfig({ flags: {}, env: { DEBUG: 'true' } }).values.debug, true);
  assert.match(faultOf({ flags: parseFlags('--debug=express:*') }), /^--debug: true or false expected/);
  assert.match(faultOf({ file: yamlFile('log: {debug: maybe}') }), /^log\.debug in /);
});

test('settings that contradict each other are faults', () => {
  assert.match(
    faultOf({ env: { STREAM_SHARE: '64MiB', MAX_MEMORY_MB: '32' } }),
    /^STREAM_SHARE: no more than MAX_MEMORY_MB/,
  );
  assert.match(
    faultOf({ env: { SOURCE_TLS: '1', SOURCE_TLS_CERT: 'c' } }),
    /^SOURCE_TLS_CERT and SOURCE_TLS_KEY: both/,
  );
  assert.match(faultOf({ env: { SOURCE_TLS_CA: 'ca.pem' } }), /^SOURCE_TLS: true expected/);
});

test('the configuration cannot be changed', () => {
  const { values } = loadServeConfig({ flags: {}, env: { FILTER_ASSET_CODES: 'USDC' } });
  assert.throws(() => Object.assign(values, { batchRows: 1 }), TypeError);
  assert.throws(() => (values.filterAssetCodes as string[]).push('EURC'), TypeError);
  assert.throws(() => Object.assign(values.grpcAddress, { port: 1 }), TypeError);
});

test('help names every flag with its environment variable', () => {
  const help = addSettingOptions(new Command('serve'), SERVE_SETTINGS).helpInformation();
  for (const key of keys) {
    const { env } = SERVE_SETTINGS[key];
    assert.ok(help.includes(`--${env.toLowerCase().replaceAll('_', '-')} `), env);
    assert.ok(help.replaceAll(/\s+/g, ' ').includes(`env ${env}`), env);
  }
  assert.ok(!help.includes('--no-'));
});
