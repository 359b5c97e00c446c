/** Connections with TLS to a server that is reached by its address, which is no server name. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { Client, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { type ClientTls, clientCredentials, ownConnection } from '../../src/grpc/client-channel.js';
import { TestAuthority, type TestCertificate } from '../security/certificates.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../source/tls-files.js';

const authority = new TestAuthority('our authority');
/** For that name and 127.0.0.1. */
const certificate = authority.issue('processor.example');

async function serverWith(t: TestContext, { cert, key }: TestCertificate, host: string): Promise<number> {
  const server = new Server();
  t.after(() => server.forceShutdown());
  const tls = ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]);
  return await promisify(server.bindAsync.bind(server))(`${host}:0`, tls);
}

/** Undefined where there is a connection, else why there is none. */
async function refusal(t: TestContext, target: string, tls: ClientTls): Promise<string | undefined> {
  const client = new Client(target, clientCredentials(target, tls), ownConnection(target, tls));
  t.after(() => client.close());
  const same = (bytes: Buffer): Buffer => bytes;
  const { code, details } = await new Promise<ServiceError>((resolve) => {
    client.makeUnaryRequest('/no.such/Method', same, same, Buffer.alloc(0), (error) => resolve(error!));
  });
  // UNIMPLEMENTED: the server was reached, and has no such method.
  return code === status.UNIMPLEMENTED ? undefined : details;
}

test('a server is reached by the address that its certificate is for', async (t) => {
  const port = await serverWith(t, certificate, '127.0.0.1');
  assert.equal(await refusal(t, `127.0.0.1:${port}`, { ca: authority.own.cert }), undefined);
});

test('a certificate for other names is not taken for an address, whoever signed it', async (t) => {
  const port = await serverWith(t, { cert: TEST_CERTIFICATE, key: TEST_KEY }, '127.0.0.1');
  const target = `127.0.0.1:${port}`;
  assert.match((await refusal(t, target, { ca: TEST_CERTIFICATE }))!, /IP: 127\.0\.0\.1 is not in the cert's list/);
  assert.equal(await refusal(t, target, { ca: TEST_CERTIFICATE, serverName: 'ledgers.example' }), undefined);
});

test('an address may be the name that a certificate is asked for, also an IPv6 one', async (t) => {
  const port = await serverWith(t, certificate, '127.0.0.1');
  const target = `127.0.0.1:${port}`;
  const ca = authority.own.cert;
  assert.equal(await refusal(t, target, { ca, serverName: '127.0.0.1' }), undefined);
  for (const serverName of ['10.0.0.1', '::1']) assert.match((await refusal(t, target, { ca, serverName }))!, /IP: /);
});
