import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import descriptor, { type IFileDescriptorProto } from 'protobufjs/ext/descriptor/index.js';
import { addGrpcHealth } from '../../src/ops/grpc-health.js';
import { addGrpcReflection } from '../../src/ops/grpc-reflection.js';
import { Health } from '../../src/ops/health.js';

const FLIGHT = 'arrow.flight.protocol.FlightService';

/** A client for a service of a proto file that ships with a package. */
function clientOf(file: string, service: string, port: number, t: TestContext): grpc.Client {
  const definition = grpc.loadPackageDefinition(loadSync(file, { enums: String, bytes: Buffer }));
  const names = service.split('.');
  let place: unknown = definition;
  for (const name of names) place = (place as Record<string, unknown>)[name];
  const client = new (place as grpc.ServiceClientConstructor)(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  t.after(() => client.close());
  return client;
}

async function serve(t: TestContext, add: (server: grpc.Server) => void): Promise<number> {
  const server = new grpc.Server();
  add(server);
  t.after(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

interface HealthClient {
  check(
    request: { service: string },
    done: (error: grpc.ServiceError | null, reply?: { status: string }) => void,
  ): void;
  watch(request: { service: string }): grpc.ClientReadableStream<{ status: string }>;
}

test('gRPC health follows the model, for the server and each service, and knows no other', async (t) => {
  const health = new Health();
  const source = health.component('source');
  const port = await serve(t, (server) => addGrpcHealth(server, health, [FLIGHT]));
  const client = clientOf(protoPath, 'grpc.health.v1.Health', port, t) as unknown as HealthClient;
  const check = (service: string): Promise<string> =>
    new Promise((resolve, reject) => {
      client.check({ service }, (error, reply) => (error === null ? resolve(reply!.status) : reject(error)));
    });

  assert.equal(await check(''), 'NOT_SERVING');
  source.ready();
  assert.equal(await check(''), 'SERVING');
  assert.equal(await check(FLIGHT), 'SERVING');
  source.degraded('reconnecting');
  assert.equal(await check(FLIGHT), 'SERVING');
  source.unavailable('gone');
  assert.equal(await check(FLIGHT), 'NOT_SERVING');
  await assert.rejects(check('no.such.Service'), { code: grpc.status.NOT_FOUND });
});

test('watchers hear changes, and the end', async (t) => {
  const health = new Health();
  const source = health.component('source');
  let stop = (): void => assert.fail('not added');
  const port = await serve(t, (server) => (stop = addGrpcHealth(server, health, [])));
  const client = clientOf(protoPath, 'grpc.health.v1.Health', port, t) as unknown as HealthClient;
  const watching = client.watch({ service: '' });
  const heard: string[] = [];
  for await (const { status } of watching as AsyncIterable<{ status: string }>) {
    heard.push(status);
    if (heard.length === 1) source.ready();
    if (heard.length === 2) {
      source.degraded('no change for callers');
      stop();
      source.ready();
    }
    if (heard.length === 3) break;
  }
  assert.deepEqual(heard, ['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
});

interface ReflectionReply {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
}

for (const version of ['v1', 'v1alpha']) {
  test(`reflection ${version} lists the services and gives files that need no guessing`, async (t) => {
    const port = await serve(t, (server) => addGrpcReflection(server, ['arrow/flight/Flight.proto'], [FLIGHT]));
    const proto = new URL(
      `../proto/grpc/reflection/${version}/reflection.proto`,
      import.meta.resolve('@grpc/reflection'),
    );
    const client = clientOf(fileURLToPath(proto), `grpc.reflection.${version}.ServerReflection`, port, t);
    const ask = async (request: object): Promise<ReflectionReply> => {
      const { serverReflectionInfo } = client as unknown as Record<
        string,
        () => grpc.ClientDuplexStream<object, ReflectionReply>
      >;
      const call = serverReflectionInfo!.call(client);
      call.write(request);
      call.end();
      for await (const reply of call as AsyncIterable<ReflectionReply>) return reply;
      return assert.fail('no reply');
    };

    const list = await ask({ listServices: '' });
    assert.deepEqual(list.listServicesResponse!.service.map(({ name }) => name).sort(), [
      FLIGHT,
      'grpc.health.v1.Health',
    ]);

    const { fileDescriptorProto } = (await ask({ fileContainingSymbol: FLIGHT })).fileDescriptorResponse!;
    const files = fileDescriptorProto.map((bytes): IFileDescriptorProto =>
      descriptor.FileDescriptorProto.toObject(descriptor.FileDescriptorProto.decode(bytes)),
    );
    const flight = files.find((file) => file.package === 'arrow.flight.protocol')!;
    const google = files.find((file) => file.package === 'google.protobuf')!;
    // What protoc writes for these: imports by name, types by full name.
    assert.deepEqual(flight.dependency, [google.name]);
    const method = flight.service![0]!.method!.find(({ name }) => name === 'DoGet')!;
    assert.deepEqual(
      [method.inputType, method.outputType],
      ['.arrow.flight.protocol.Ticket', '.arrow.flight.protocol.FlightData'],
    );
    const endpoint = flight.messageType!.find(({ name }) => name === 'FlightEndpoint')!;
    assert.equal(
      endpoint.field!.find(({ name }) => name === 'expiration_time')!.typeName,
      '.google.protobuf.Timestamp',
    );

    const health = (await ask({ fileContainingSymbol: 'grpc.health.v1.Health' })).fileDescriptorResponse!
      .fileDescriptorProto[0]!;
    const healthFile: IFileDescriptorProto = descriptor.FileDescriptorProto.toObject(
      descriptor.FileDescriptorProto.decode(health),
    );
    const response = healthFile.messageType!.find(({ name }) => name === 'HealthListResponse')!;
    assert.equal(response.nestedType![0]!.name, 'StatusesEntry');
    assert.equal(response.field![0]!.typeName, '.grpc.health.v1.HealthListResponse.StatusesEntry');
  });
}
