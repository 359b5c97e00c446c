import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { Field, makeData, RecordBatch, Schema, Struct, Uint32 } from 'apache-arrow';
import { decodeBatch } from '../../src/flight-client/decode-batch.js';
import { FlightReadError } from '../../src/flight-client/flight-read-error.js';
import { type FlightBatch, readFlight } from '../../src/flight-client/read-flight.js';
import type { FlightMessage } from '../../src/flight/flight-producer.js';
import { ProcessorError } from '../../workers/errors.js';
import { messagesOf, SAMPLE_ROWS, sampleMessages, type WholeMessage } from '../flight/arrow-messages.js';
import { eventually, serveFlight } from '../flight/flight-server.js';
import { flightOf, type TestFlight, TestProducer } from '../flight/test-producer.js';

const COMMAND = { start_ledger: 1, end_ledger: 6 };
const sample = sampleMessages();

/** The sample's messages, each said to be of the next ledger. */
const messages = sample.batches.map((message, i): WholeMessage => ({
  ...message,
  appMetadata: Buffer.from(
    JSON.stringify({ v: 1, first_ledger: i + 1, last_ledger: i + 1, complete_through: i + 1, rows: 99 }),
  ),
}));

/** A flight that COMMAND asks for, with a ticket for each of its parts. */
class CommandProducer extends TestProducer {
  private readonly parts: readonly TestFlight[];

  constructor(parts: readonly TestFlight[]) {
    super({ [JSON.stringify(COMMAND)]: parts[0]!, ...Object.fromEntries(parts.map((part, i) => [`part ${i}`, part])) });
    this.parts = parts;
  }

  override async getFlightInfo(...args: Parameters<TestProducer['getFlightInfo']>) {
    const info = await super.getFlightInfo(...args);
    return { ...info, endpoints: this.parts.map((_, i) => ({ ticket: Buffer.from(`part ${i}`) })) };
  }
}

async function serve(t: TestContext, ...parts: TestFlight[]) {
  const server = await serveFlight(new CommandProducer(parts));
  t.after(() => server.close());
  return server;
}

async function readAll(address: string, signal = new AbortController().signal): Promise<FlightBatch[]> {
  const batches: FlightBatch[] = [];
  for await (const batch of readFlight(address, COMMAND, signal)) batches.push(batch);
  return batches;
}

test('every message arrives as it was sent, and its rows are counted from the record batch, not from what it says', async (t) => {
  const { address } = await serve(t, flightOf(sample.schema, messages));
  const batches = await readAll(address);
  assert.deepEqual(
    batches.map(({ rows, progress }) => [progress.complete_through, rows]),
    [
      [1, 0],
      [2, 2],
      [3, 0],
      [4, 0],
      [5, SAMPLE_ROWS.length - 2],
      [6, 0],
    ],
  );
  batches.forEach(({ schema, message }, i) => {
    assert.deepEqual(Buffer.from(schema), Buffer.from(sample.schema));
    assert.deepEqual(Buffer.from(message.metadata), Buffer.from(messages[i]!.metadata));
    assert.deepEqual(Buffer.from(message.body), Buffer.from(messages[i]!.body));
  });
});

test('apache-arrow decodes the batches to the rows that were sent', async (t) => {
  const { address } = await serve(t, flightOf(sample.schema, messages));
  const rows = (await readAll(address)).flatMap((batch) => {
    const decoded = decodeBatch(batch);
    const cell = (column: string, row: number): unknown => decoded.getChild(column)?.get(row);
    return Array.from({ length: decoded.numRows }, (_, i) => [cell('id', i), cell('name', i), cell('balance', i)]);
  });
  assert.deepEqual(
    rows,
    SAMPLE_ROWS.map(({ id, name, balance }) => [id, name, balance]),
  );
});

test('the parts of a partitioned flight are read one after the other', async (t) => {
  const parts = [messages.slice(0, 2), messages.slice(2)].map((part) => flightOf(sample.schema, part));
  const { address } = await serve(t, ...parts);
  const ledgers = (await readAll(address)).map(({ progress }) => progress.first_ledger);
  assert.deepEqual(ledgers, [1, 2, 3, 4, 5, 6]);
});

test('an error in the stream comes behind the batches before it, with the code that the service gave', async (t) => {
  const { address } = await serve(t, {
    schema: sample.schema,
    async *batches() {
      yield* messages.slice(0, 3);
      await Promise.reject(new ProcessorError('SHUTTING_DOWN', 'the service is being stopped; resume_from=4'));
    },
  });
  const received: number[] = [];
  const read = async (): Promise<void> => {
    const batches = readFlight(address, COMMAND, new AbortController().signal);
    for await (const { progress } of batches) received.push(progress.complete_through);
  };
  await assert.rejects(read(), (error) => {
    assert.ok(error instanceof FlightReadError);
    assert.equal(error.code, 'SHUTTING_DOWN');
    assert.equal(error.retryable, true);
    assert.match(error.message, /^UNAVAILABLE: SHUTTING_DOWN: .*resume_from=4$/);
    return true;
  });
  assert.deepEqual(received, [1, 2, 3]);
});

test('a refused command is not worth trying again, a service that is not there is', async (t) => {
  const { address } = await serve(t, flightOf(sample.schema, []));
  const first = async (at: string, command: object): Promise<unknown> =>
    await readFlight(at, command, new AbortController().signal)
      .next()
      .catch((error: unknown) => error);
  const refused = await first(address, { other: 1 });
  assert.ok(refused instanceof FlightReadError);
  assert.deepEqual([refused.code, refused.retryable], ['INPUT_UNREADABLE', false]);

  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, 'close');
  const absent = await first(`127.0.0.1:${port}`, COMMAND);
  assert.ok(absent instanceof FlightReadError);
  assert.deepEqual([absent.code, absent.retryable], [undefined, true]);
});

/** Nothing but the first message, until the call is over. */
const silent: TestFlight = {
  schema: sample.schema,
  async *batches({ signal }) {
    yield messages[0]!;
    await once(signal, 'abort');
  },
};

test('an abort ends the reading with its reason, and the call at the service', async (t) => {
  const { address, observer } = await serve(t, silent);
  const controller = new AbortController();
  const reason = new Error('enough');
  const batches = readFlight(address, COMMAND, controller.signal);
  await batches.next();
  const next = batches.next();
  controller.abort(reason);
  await assert.rejects(next, reason);
  await eventually(() => observer.ended.some(({ method }) => method === 'DoGet'), 'the end of the call');
  await assert.rejects(readFlight(address, COMMAND, controller.signal).next(), reason);
});

test('a reader that leaves early ends the call at the service', async (t) => {
  const { address, observer } = await serve(t, silent);
  for await (const { progress } of readFlight(address, COMMAND, new AbortController().signal)) {
    assert.equal(progress.first_ledger, 1);
    break;
  }
  await eventually(() => observer.ended.some(({ method }) => method === 'DoGet'), 'the end of the call');
});

test('a service that says nothing for too long is taken for hung', async (t) => {
  const { address } = await serve(t, silent);
  const batches = readFlight(address, COMMAND, new AbortController().signal, { idleTimeoutMs: 1000 });
  await batches.next();
  await assert.rejects(batches.next(), { name: 'FlightReadError', retryable: true, message: /nothing for 1000 ms/ });
});

test('a reader that stands still holds the service back, and loses nothing', async (t) => {
  const count = 100;
  const body = messages[1]!.body;
  // App metadata as ballast: half a megabyte a message, which JSON readers pass over.
  const ballast = 'x'.repeat(512 * 1024);
  let pulled = 0;
  const { address } = await serve(t, {
    schema: sample.schema,
    // eslint-disable-next-line @typescript-eslint/require-await -- an async iteration by the interface
    async *batches() {
      for (let ledger = 1; ledger <= count; ledger += 1) {
        pulled += 1;
        const progress = {
          v: 1,
          first_ledger: ledger,
          last_ledger: ledger,
          complete_through: ledger,
          rows: 2,
          ballast,
        };
        yield { metadata: messages[1]!.metadata, body, appMetadata: Buffer.from(JSON.stringify(progress)) };
      }
    },
  });
  const batches = readFlight(address, COMMAND, new AbortController().signal);
  await batches.next();
  await new Promise((resolve) => setTimeout(resolve, 300));
  // 4 MiB of HTTP/2 window are eight messages; a few more are on their way at either end.
  assert.ok(pulled < 24, `${pulled} of ${count} messages were sent to a reader that took one`);
  let received = 1;
  for await (const { progress } of batches) {
    received += 1;
    assert.equal(progress.first_ledger, received);
  }
  assert.equal(received, count);
});

test('a batch that its reader frees gives its memory back at once, and leaves the others alone', async (t) => {
  const rows = 100_000;
  const schema = new Schema([new Field('id', new Uint32(), false)]);
  const values = makeData({ type: new Uint32(), data: Uint32Array.from({ length: rows }, (_, i) => i), length: rows });
  const data = makeData({ type: new Struct(schema.fields), length: rows, children: [values] });
  const large = messagesOf(schema, [new RecordBatch(schema, data)]);
  const { appMetadata } = messages[0]!;
  const flight = [1, 2].map(() => ({ ...large.batches[0]!, ...(appMetadata && { appMetadata }) }));
  const { address } = await serve(t, flightOf(large.schema, flight));

  const [first, second] = await readAll(address);
  first!.free();
  assert.equal(first!.message.body.byteLength, 0);
  assert.equal(
    decodeBatch(second!)
      .getChild('id')
      ?.get(rows - 1),
    rows - 1,
  );
});

test('messages that are none of ours are refused, and not counted as nothing', async (t) => {
  const broken: Record<string, FlightMessage> = {
    'without progress': { ...messages[1]!, appMetadata: Buffer.from('{}') },
    'without app_metadata': sample.batches[1]!,
    'with a body cut short': { ...messages[1]!, body: messages[1]!.body.subarray(8) },
  };
  for (const [name, message] of Object.entries(broken)) {
    const { address } = await serve(t, flightOf(sample.schema, [message]));
    await assert.rejects(readAll(address), { name: 'FlightReadError', message: /^DATA_LOSS/ }, name);
  }
});
