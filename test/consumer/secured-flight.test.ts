/** The consumer at a Flight service with TLS, client certificates and tokens, over real sockets. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { clientOf, testDatabases } from '../postgres/test-database.js';
import { TestAuthority, type TestCertificate } from '../security/certificates.js';
import { secretFiles } from '../security/secret-files.js';
import { fileCleanup } from '../service/cleanup.js';
import { runService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';
import { runConsumer, type TestConsumer } from './running-consumer.js';
import { count, storedEntries } from './stored-rows.js';

const cleanup = fileCleanup();
const databases = testDatabases(cleanup);
const file = secretFiles(cleanup);

const authority = new TestAuthority('our authority');
const stranger = new TestAuthority('another authority');
const server = authority.issue('processor.example');

const SERVICE_TLS = { FLIGHT_TLS_CERT: file(server.cert), FLIGHT_TLS_KEY: file(server.key) };
const CLIENT_CA = { FLIGHT_TLS_CLIENT_CA: file(authority.own.cert) };
const TRUSTING = { FLIGHT_TLS: 'true', FLIGHT_TLS_CA: file(authority.own.cert) };
const TOKEN = 'a-token-of-sufficient-length';

const LAST = 12;
const RANGE = { START_LEDGER: '1', END_LEDGER: String(LAST), LOAD_TTL: 'false' };

function showing({ cert, key }: TestCertificate): Record<string, string> {
  return { FLIGHT_TLS_CERT: file(cert), FLIGHT_TLS_KEY: file(key) };
}

interface Reach {
  readonly service: Readonly<Record<string, string>>;
  readonly consumer: Readonly<Record<string, string>>;
}

async function consume(t: TestContext, { service, consumer }: Reach): Promise<TestConsumer & { readonly url: string }> {
  const { ports } = await runService(t, await simulatedSource(t), service);
  const url = await databases.empty();
  return { ...(await runConsumer(t, ports.flight, url, { ...RANGE, MAX_RETRIES: '2', ...consumer })), url };
}

const served: readonly (readonly [string, Reach])[] = [
  ['TLS', { service: SERVICE_TLS, consumer: TRUSTING }],
  [
    'TLS, by the name in the certificate',
    { service: SERVICE_TLS, consumer: { ...TRUSTING, FLIGHT_TLS_SERVER_NAME: 'processor.example' } },
  ],
  [
    'a client certificate',
    {
      service: { ...SERVICE_TLS, ...CLIENT_CA },
      consumer: { ...TRUSTING, ...showing(authority.issue('consumer.example')) },
    },
  ],
  [
    'TLS and a token from a file',
    {
      service: { ...SERVICE_TLS, FLIGHT_TOKENS: TOKEN },
      consumer: { ...TRUSTING, FLIGHT_TOKEN_FILE: file(`${TOKEN}\n`) },
    },
  ],
];

for (const [what, reach] of served) {
  test(`with ${what} every row is loaded`, async (t) => {
    const consumer = await consume(t, reach);
    assert.equal(await consumer.ended, 'complete');
    assert.equal(consumer.stats().errors, 0);
    const expected = expectedRows(1, LAST);
    assert.deepEqual(await storedEntries(await clientOf(t, consumer.url), expected[0]!), expected);
  });
}

const NO_TLS = String.raw`^no TLS connection to the Flight service at 127\.0\.0\.1:\d+: `;
const refused: readonly (readonly [string, Reach, RegExp])[] = [
  [
    'a certificate of another authority',
    { service: SERVICE_TLS, consumer: { ...TRUSTING, FLIGHT_TLS_CA: file(stranger.own.cert) } },
    new RegExp(`${NO_TLS}its certificate is not accepted, .*; see FLIGHT_TLS_CA and`),
  ],
  [
    'a certificate for another name',
    { service: SERVICE_TLS, consumer: { ...TRUSTING, FLIGHT_TLS_SERVER_NAME: 'another.example' } },
    new RegExp(`${NO_TLS}its certificate is not accepted, .*another\\.example.*FLIGHT_TLS_SERVER_NAME$`),
  ],
  [
    'no client certificate where one is asked for',
    { service: { ...SERVICE_TLS, ...CLIENT_CA }, consumer: TRUSTING },
    new RegExp(`${NO_TLS}.*certificate required; .*FLIGHT_TLS_CERT`),
  ],
  [
    'TLS to a service without it',
    { service: {}, consumer: TRUSTING },
    new RegExp(`${NO_TLS}wrong version number; see FLIGHT_TLS,`),
  ],
  [
    'a wrong token',
    {
      service: { ...SERVICE_TLS, FLIGHT_TOKENS: TOKEN },
      consumer: { ...TRUSTING, FLIGHT_TOKEN: 'another-token-of-that-length' },
    },
    /^the Flight service refuses the stream: UNAUTHENTICATED: .*a valid token expected, another shown$/,
  ],
];

for (const [what, reach, message] of refused) {
  test(`${what}: one error that says so, no second attempt, and nothing is written`, async (t) => {
    const consumer = await consume(t, reach);
    await assert.rejects(consumer.ended, { code: 'FLIGHT_REFUSED', message });
    assert.equal(consumer.stats().errors, 1);
    assert.equal(consumer.log.filter(({ level }) => level !== 'info').length, 0);
    await nothingIsIn(t, consumer.url);
  });
}

test('a client certificate that the service does not accept is tried again as an outage is, and nothing is written', async (t) => {
  // The service closes the connection without a word, as proxies do whose service is away.
  const consumer = await consume(t, {
    service: { ...SERVICE_TLS, ...CLIENT_CA },
    consumer: { ...TRUSTING, ...showing(stranger.issue('consumer.example')) },
  });
  await assert.rejects(consumer.ended, { code: 'FLIGHT_UNAVAILABLE' });
  await nothingIsIn(t, consumer.url);
});

test('a client certificate and a key that do not go together are a fault of the configuration', async (t) => {
  const { cert } = authority.issue('consumer.example');
  const { key } = authority.issue('consumer.example');
  const reach = { service: SERVICE_TLS, consumer: { ...TRUSTING, ...showing({ cert, key }) } };
  await assert.rejects(consume(t, reach), { code: 'CONFIG_INVALID', message: /^FLIGHT_TLS_CERT and FLIGHT_TLS_KEY: / });
});

test('no token reaches the log of the consumer', async (t) => {
  const consumer = await consume(t, {
    service: { ...SERVICE_TLS, FLIGHT_TOKENS: TOKEN },
    consumer: { ...TRUSTING, FLIGHT_TOKEN: 'secret-token-of-that-length', LOG_LEVEL: 'trace' },
  });
  await assert.rejects(consumer.ended, (error: Error) => !error.message.includes('secret'));
  assert.ok(consumer.log.length > 0);
  assert.doesNotMatch(JSON.stringify(consumer.log), /secret/);
});

/** Neither rows nor a claim that would keep another consumer out. */
async function nothingIsIn(t: TestContext, url: string): Promise<void> {
  const client = await clientOf(t, url);
  for (const table of ['entries', 'current_states', 'ingestion_streams']) {
    assert.equal(await count(client, table), 0, table);
  }
}
