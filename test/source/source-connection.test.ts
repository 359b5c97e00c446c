import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type Metadata, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { loadProto } from '../../src/grpc/load-proto.js';
import { impatientSource, lastLedgerOf, madeUpLedger, readRange } from './made-up-ledgers.js';
import { TEST_CERTIFICATE, TEST_KEY } from './tls-files.js';

const service = loadProto('raw_ledger_service/raw_ledger_service.proto')[
  'raw_ledger_service.RawLedgerService'
] as ServiceDefinition;

interface LedgersCall {
  readonly request: { readonly start_ledger: number };
  readonly metadata: Metadata;
  write(message: object): void;
}

/** A source that sends ledgers 1 to 9, and keeps what each call told it. */
async function sourceOf(t: TestContext, credentials: ServerCredentials): Promise<{ port: number; calls: Metadata[] }> {
  const calls: Metadata[] = [];
  const server = new Server();
  server.addService(service, {
    StreamRawLedgers: (call: LedgersCall) => {
      calls.push(call.metadata);
      for (let sequence = call.request.start_ledger; sequence <= 9; sequence += 1) {
        call.write({ sequence, ledger_close_meta_xdr: madeUpLedger(sequence) });
      }
    },
  });
  t.after(() => server.forceShutdown());
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', credentials, (_error, bound) => resolve(bound));
  });
  return { port, calls };
}

const serverTls = (clientCertificates: boolean): ServerCredentials =>
  ServerCredentials.createSsl(
    TEST_CERTIFICATE,
    [{ cert_chain: TEST_CERTIFICATE, private_key: TEST_KEY }],
    clientCertificates,
  );

test('ledgers come over TLS from the server that the certificate names', async (t) => {
  const { port } = await sourceOf(t, serverTls(false));
  const tls = { ca: TEST_CERTIFICATE, serverName: 'ledgers.example' };
  const chunks = await readRange(impatientSource({ target: `127.0.0.1:${port}`, tls }), {
    startLedger: 2,
    endLedger: 9,
  });
  assert.equal(lastLedgerOf(chunks), 9);
});

test('a client certificate is shown to a source that asks for one', async (t) => {
  const { port } = await sourceOf(t, serverTls(true));
  const tls = { ca: TEST_CERTIFICATE, cert: TEST_CERTIFICATE, key: TEST_KEY, serverName: 'ledgers.example' };
  const chunks = await readRange(impatientSource({ target: `127.0.0.1:${port}`, tls }), {
    startLedger: 2,
    endLedger: 9,
  });
  assert.equal(lastLedgerOf(chunks), 9);
});

test('a certificate for another name, or of an unknown authority, gives no ledgers', async (t) => {
  const { port, calls } = await sourceOf(t, serverTls(false));
  for (const tls of [{ ca: TEST_CERTIFICATE, serverName: 'other.example' }, { serverName: 'ledgers.example' }]) {
    const stop = new AbortController();
    const observer = { reconnecting: (): void => stop.abort() };
    const source = impatientSource({ target: `127.0.0.1:${port}`, tls, observer });
    assert.deepEqual(await readRange(source, { startLedger: 2, endLedger: 9 }, madeUpLedger, stop.signal), []);
  }
  assert.deepEqual(calls, []);
});

test('a token is sent with the call, and none without one', async (t) => {
  const { port, calls } = await sourceOf(t, ServerCredentials.createInsecure());
  for (const token of [undefined, 'secret']) {
    const options = { target: `127.0.0.1:${port}`, token: () => token };
    await readRange(impatientSource(options), { startLedger: 9, endLedger: 9 });
  }
  assert.deepEqual(
    calls.map((metadata) => metadata.get('authorization')),
    [[], ['Bearer secret']],
  );
});
