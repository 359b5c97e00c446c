import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http2';
import { after, before, test } from 'node:test';
import { ProcessorError } from '../../workers/errors.js';
import { MAX_MESSAGE_BYTES } from '../../src/flight/flight-data.js';
import type { FlightCall, FlightMessage } from '../../src/flight/flight-producer.js';
import { messagesOf, SAMPLE_SCHEMA, sampleMessages } from './arrow-messages.js';
import { eventually, type RunningFlight, serveFlight } from './flight-server.js';
import { bytesOf, decode, ticket } from './google-protobuf.js';
import { type RawCall, rawCall } from './raw-reader.js';
import { flightOf, type TestFlight, TestProducer } from './test-producer.js';

const MIB = 1024 * 1024;
const { schema, batches } = sampleMessages();
const header = batches[0]!.metadata;

/** What happened to the last call of an endless flight. */
interface Watch {
  pulled: number;
  returned: boolean;
  aborted: boolean;
  sent: number;
  dropped: number;
}
let watch: Watch = unwatched();

function unwatched(): Watch {
  return { pulled: 0, returned: false, aborted: false, sent: 0, dropped: 0 };
}

/** Batches of `bytes` without end; `quiet` waits for ever, as a follow stream at the tip does, after so many. */
function endless(bytes: number, quiet = Infinity): TestFlight {
  const body = Buffer.alloc(bytes);
  return {
    schema,
    async *batches(call: FlightCall): AsyncGenerator<FlightMessage> {
      const mine = (watch = unwatched());
      const aborted = new Promise<void>((resolve) => {
        call.signal.addEventListener('abort', () => {
          mine.aborted = true;
          resolve();
        });
      });
      try {
        for (;;) {
          if (mine.pulled >= quiet) await aborted;
          mine.pulled += 1;
          yield { metadata: header, body, onSettled: (sent) => (sent ? mine.sent++ : mine.dropped++) };
        }
      } finally {
        mine.returned = true;
      }
    },
  };
}

/** The sample, after a while. */
function slow(): TestFlight {
  return {
    schema,
    async *batches() {
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield* batches;
    },
  };
}

/** `count` batches, then the error. */
function failing(count: number, error: Error): TestFlight {
  return {
    schema,
    async *batches() {
      yield* await Promise.resolve(batches.slice(0, count));
      throw error;
    },
  };
}

const overhead = decodeOverhead();
function decodeOverhead(): number {
  // tag and length of the header, tag (2) and length (4) of a body between 2 MiB and 256 MiB
  return 1 + (header.byteLength < 128 ? 1 : 2) + header.byteLength + 2 + 4;
}
const sized = (bytes: number): TestFlight => flightOf(schema, [{ metadata: header, body: Buffer.alloc(bytes) }]);

let flight: RunningFlight;
before(async () => {
  flight = await serveFlight(
    new TestProducer({
      sample: flightOf(schema, batches),
      slow: slow(),
      empty: flightOf(schema, []),
      endless: endless(MIB),
      small: endless(1000),
      quiet: endless(1000, 3),
      silent: endless(1000, 0),
      broken: failing(2, new ProcessorError('LEDGER_INVALID', 'ledger 53312000, byte 17: žluť; resume_from=53312000')),
      hopeless: failing(0, new Error(`${'\ud800'.repeat(3000)} end`)),
      largest: sized(MAX_MESSAGE_BYTES - overhead),
      larger: sized(MAX_MESSAGE_BYTES - overhead + 1),
      headless: flightOf(schema, [{ metadata: new Uint8Array(0), body: new Uint8Array(0) }]),
    }),
  );
});
after(() => flight.close());

const lastEnd = (): RunningFlight['observer']['ended'][number] => flight.observer.ended.at(-1)!;

function doGet(name: string, headers: IncomingHttpHeaders = {}): RawCall {
  watch = unwatched();
  return rawCall(flight.port, 'DoGet', ticket(name), headers);
}

async function everythingReleased(): Promise<void> {
  await eventually(() => watch.returned, 'the finally of the source ran');
  await eventually(() => flight.observer.queuedMessages === 0, 'nothing is queued');
  assert.ok(watch.aborted);
  assert.equal(flight.observer.queuedBytes, 0);
  await eventually(() => watch.sent + watch.dropped === watch.pulled, 'every message is settled');
}

test('a stream is the schema, then every batch as it is, and ends with OK', async () => {
  const { messages, status } = await doGet('sample').read();
  assert.equal(status, 0);
  assert.deepEqual(
    messages.map((message) => bytesOf('FlightData', 'DataHeader', message)),
    [schema, ...batches.map(({ metadata }) => metadata)].map((bytes) => Buffer.from(bytes)),
  );
  assert.deepEqual(
    messages.slice(1).map((message) => bytesOf('FlightData', 'DataBody', message)),
    batches.map(({ body }) => Buffer.from(body)),
  );
  assert.equal(lastEnd().messages, messages.length);
  assert.equal(
    lastEnd().bytes,
    messages.reduce((sum, { length }) => sum + length, 0),
  );
});

test('an empty result is the schema alone', async () => {
  const { messages, status } = await doGet('empty').read();
  assert.equal(status, 0);
  assert.equal(messages.length, 1);
  assert.deepEqual(bytesOf('FlightData', 'DataHeader', messages[0]!), Buffer.from(schema));
});

test('the schema comes at once, though no batch does', async () => {
  const call = doGet('silent');
  assert.equal((await call.headers)[':status'], 200);
  void call.read();
  await eventually(() => call.messages.length === 1, 'the schema arrived');
  call.close();
  await everythingReleased();
});

test('an unknown ticket is an error at once, with its text', async () => {
  const { messages, status, text } = await doGet('nowhere').read();
  assert.equal(messages.length, 0);
  assert.equal(status, 5);
  assert.equal(text, 'INPUT_UNREADABLE: no flight is named nowhere');
});

test('an error after some batches follows them with status and text, never OK', async () => {
  const { messages, status, text } = await doGet('broken').read();
  assert.equal(messages.length, 3);
  assert.equal(status, 15);
  assert.equal(text, 'LEDGER_INVALID: ledger 53312000, byte 17: žluť; resume_from=53312000');
  assert.equal(lastEnd().status, 15);
});

test('a text of lone surrogates and without measure is sent, below 2 KiB', async () => {
  const { status, text, encodedText } = await doGet('hopeless').read();
  assert.equal(status, 13);
  assert.match(text, /^INTERNAL: .* end$/su);
  assert.ok(encodedText.length < 2048);
});

test('a reader that stands still keeps two messages in the server, and gets everything when it goes on', async () => {
  const call = doGet('endless');
  await call.headers;
  await eventually(() => watch.pulled === 2, 'two batches are pulled');
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(watch.pulled, 2);
  assert.equal(flight.observer.queuedMessages, 2);
  assert.ok(flight.observer.queuedBytes > 2 * MIB && flight.observer.queuedBytes < 2 * MIB + 1000);
  void call.read();
  await eventually(() => call.messages.length > 20, 'the reader goes on');
  call.cancel();
  await everythingReleased();
  assert.ok(lastEnd().blockedMs >= 140);
});

test('small messages are bounded by their number too', async () => {
  const call = doGet('small');
  await call.headers;
  let before = -1;
  while (watch.pulled !== before) {
    before = watch.pulled;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // 64 KiB of window hold 60 messages of 1 KB or so.
  assert.ok(watch.pulled > 40 && watch.pulled < 80);
  assert.equal(flight.observer.queuedMessages, 2);
  call.close();
  await everythingReleased();
});

for (const [what, name] of [
  ['that stands still', 'endless'],
  ['of a quiet stream', 'quiet'],
] as const) {
  test(`a reader ${what} and cancels stops the producer`, async () => {
    const call = doGet(name);
    if (name === 'quiet') void call.read();
    await eventually(() => watch.pulled >= 2, 'the stream runs');
    call.cancel();
    await everythingReleased();
    await eventually(() => lastEnd().status === 1, 'the call ended as CANCELLED');
  });

  test(`a reader ${what} and vanishes stops the producer`, async () => {
    const call = doGet(name);
    if (name === 'quiet') void call.read();
    await eventually(() => watch.pulled >= 2, 'the stream runs');
    call.close();
    await everythingReleased();
    await eventually(() => lastEnd().status === 1, 'the call ended as CANCELLED');
  });

  test(`a deadline ends the stream of a reader ${what}`, async () => {
    const call = doGet(name, { 'grpc-timeout': '100m' });
    if (name === 'quiet') assert.equal((await call.read()).status, 4);
    await everythingReleased();
    await eventually(() => lastEnd().status === 4, 'the call ended as DEADLINE_EXCEEDED');
    call.close();
  });
}

for (const timeout of ['2147484S', '4000000S', '35792M', '1000H']) {
  test(`a timeout of ${timeout}, above 24.8 days, does not end a call early`, async () => {
    const { status, messages } = await doGet('slow', { 'grpc-timeout': timeout }).read();
    assert.equal(status, 0);
    assert.equal(messages.length, 1 + batches.length);
  });
}

test('timeouts that fit keep their effect', async () => {
  const { status } = await doGet('silent', { 'grpc-timeout': '60000u' }).read();
  assert.equal(status, 4);
});

test('the largest message passes a client with the usual limit of 4 MiB, one byte more is an error', async () => {
  const { messages, status } = await doGet('largest').read();
  assert.equal(status, 0);
  assert.equal(messages[1]!.length, 4 * MIB - 1);
  const larger = await doGet('larger').read();
  assert.equal(larger.messages.length, 1);
  assert.equal(larger.status, 13);
  assert.match(larger.text, /^INTERNAL: a Flight message of 4194304 bytes is above the limit/);
});

test('a message without metadata is never sent: readers would take it for the end', async () => {
  const { messages, status } = await doGet('headless').read();
  assert.equal(messages.length, 1);
  assert.equal(status, 13);
});

test('many streams at once each get their own whole stream', async () => {
  const replies = await Promise.all(Array.from({ length: 60 }, () => doGet('sample').read()));
  const bodies = (messages: Buffer[]): unknown[] => messages.map((message) => decode('FlightData', message));
  for (const { messages, status } of replies) {
    assert.equal(status, 0);
    assert.deepEqual(bodies(messages), bodies(replies[0]!.messages));
  }
  assert.equal(replies[0]!.messages.length, 1 + batches.length);
});

test('a flood of bad requests leaves the service as it was', async () => {
  const bad = Array.from({ length: 200 }, (_, n) => rawCall(flight.port, 'DoGet', Buffer.alloc(1 + (n % 40), 0xff)));
  for (const { status, text } of await Promise.all(bad.map((call) => call.read()))) {
    assert.equal(status, 3);
    assert.match(text, /^REQUEST_INVALID: Ticket expected/);
  }
  assert.equal((await doGet('sample').read()).status, 0);
  await eventually(() => flight.observer.started.length === flight.observer.ended.length, 'every call has ended');
});

test('application metadata arrives with its batch, and is absent where there is none', async () => {
  const { schema: own, batches: plain } = messagesOf(SAMPLE_SCHEMA, []);
  assert.equal(plain.length, 0);
  const own2 = batches.map((batch, n) => (n === 1 ? { ...batch, appMetadata: Buffer.from('{"v":1}') } : batch));
  const other = await serveFlight(new TestProducer({ meta: flightOf(own, own2) }));
  const { messages } = await rawCall(other.port, 'DoGet', ticket('meta')).read();
  other.close();
  assert.deepEqual(
    messages.map((message) => bytesOf('FlightData', 'AppMetadata', message).toString()),
    ['', '', '{"v":1}', '', '', '', ''],
  );
});
