/** What a query id is good for: cancellation, renewal, the watermark. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { build, decode, encode, ticket } from '../flight/google-protobuf.js';
import { rawCall } from '../flight/raw-reader.js';
import { fileCleanup } from './cleanup.js';
import { FlightReader, type Info } from './flight-reader.js';
import { eventually, pause, runService, type RunningService } from './running-service.js';
import { simulatedSource } from './simulated-source.js';

const cleanup = fileCleanup();
let service: RunningService;
let reader: FlightReader;
before(async () => {
  service = await runService(cleanup, await simulatedSource(cleanup, { ledgersPerSecond: 50 }));
  reader = new FlightReader(cleanup, service.ports.flight);
});

const FOLLOW = { start_ledger: 1 };
/** CancelStatus of Flight.proto. */
const [CANCELLED, NOT_CANCELLABLE] = [1, 3];

async function cancel({ encoded }: Pick<Info, 'encoded'>, by = reader): Promise<unknown> {
  // CancelFlightInfoRequest { FlightInfo info = 1 }
  const length = Buffer.from([(encoded.length & 0x7f) | 0x80, (encoded.length >> 7) | 0]);
  assert.ok(encoded.length > 127 && encoded.length < 1 << 14);
  const [result] = await by.action('CancelFlightInfo', Buffer.concat([Buffer.from([0x0a]), length, encoded]));
  return decode('CancelFlightInfoResult', result!).status;
}

test('CancelFlightInfo ends the streams of its query with CANCELLED, and no others', async (t) => {
  const [one, other] = [await reader.info(FOLLOW), await reader.info(FOLLOW)];
  let left = false;
  let begun = 0;
  t.after(() => void (left = true));
  const otherReading = reader.read(other.tickets[0]!, () => {
    begun += 1;
    return !left;
  });
  const readings = [1, 2].map(() => reader.read(one.tickets[0]!, () => void (begun += 1)));
  await eventually('rows flow', () => begun > 6);
  assert.equal(await cancel(one), CANCELLED);
  for (const { status: code, text, batches } of await Promise.all(readings)) {
    assert.equal(code, status.CANCELLED, text);
    assert.match(text, /^QUERY_CANCELLED: /);
    assert.ok(batches.length > 0);
  }
  const before = begun;
  await eventually('the other reader reads on', () => begun > before + 3);
  left = true;
  await otherReading;
  await eventually('all streams are closed', async () => (await openStreams()) === 0);
});

async function openStreams(): Promise<number | undefined> {
  return (await service.metrics()).get('contract_data_open_streams{kind="range"}');
}

test('a cancelled query is refused, also when it was cancelled before it began', async () => {
  const info = await reader.info(FOLLOW);
  assert.equal(await cancel(info), CANCELLED);
  const { status: code, text } = await reader.read(info.tickets[0]!);
  assert.equal(code, status.CANCELLED);
  assert.match(text, /^QUERY_CANCELLED: /);
});

test('a reader that stands still is cancelled too, and what it held is given back', async (t) => {
  const busy = await runService(t, await simulatedSource(t));
  const readers = new FlightReader(t, busy.ports.flight);
  const info = await readers.info({ start_ledger: 1, end_ledger: 100_000 });
  const still = rawCall(busy.ports.flight, 'DoGet', ticket(info.tickets[0]!));
  t.after(() => still.close());
  const held = async (): Promise<number> => (await busy.metrics()).get('contract_data_queued_bytes{stage="stream"}')!;
  let before = -1;
  await eventually('the service waits for the reader', async () => {
    const now = await held();
    await pause(150);
    return now > 0 && now === before ? true : ((before = now), false);
  });
  assert.equal(await cancel(info, readers), CANCELLED);
  const isClosed = async (): Promise<boolean> =>
    (await busy.metrics()).get('contract_data_open_streams{kind="range"}') === 0 && (await held()) === 0;
  await eventually('the stream is closed', isClosed, 5_000);
  const { status: code, text } = await still.read();
  assert.equal(code, status.CANCELLED, text);
});

test('what has no query id cannot be cancelled', async () => {
  for (const appMetadata of [Buffer.alloc(0), Buffer.from('{}'), Buffer.from('not JSON'), Buffer.from('null')]) {
    const encoded = encode('FlightInfo', { AppMetadata: appMetadata, Schema: Buffer.alloc(200) });
    assert.equal(await cancel({ encoded }), NOT_CANCELLABLE, appMetadata.toString());
  }
});

test('RenewFlightEndpoint answers the same ticket with a later expiration', async () => {
  const { tickets } = await reader.info(FOLLOW);
  const endpoint = encode('FlightEndpoint', { Ticket: build('Ticket', { Ticket: Buffer.from(tickets[0]!) }) });
  const request = Buffer.concat([Buffer.from([0x0a, (endpoint.length & 0x7f) | 0x80, endpoint.length >> 7]), endpoint]);
  const [renewed] = await reader.action('RenewFlightEndpoint', request);
  const { ticket: renewedTicket, expirationTime } = decode('FlightEndpoint', renewed!) as {
    ticket: { ticket: string };
    expirationTime: { seconds: number };
  };
  assert.equal(Buffer.from(renewedTicket.ticket, 'base64').toString(), tickets[0]);
  const hours = (expirationTime.seconds - Date.now() / 1000) / 3600;
  assert.ok(hours > 23.9 && hours < 24.1);
});

test('the watermark of a query is what its readers were sent, by partition', async () => {
  const { tickets, queryId } = await reader.info({ start_ledger: 1, end_ledger: 150, partitions: 2 });
  assert.equal(tickets.length, 2);
  const ends = [];
  for (const ticket of tickets) {
    const { batches, text } = await reader.read(ticket);
    assert.equal(text, '');
    ends.push(batches.at(-1)!.progress.complete_through);
  }
  const [answer] = await reader.action('contract_data.Watermark', Buffer.from(queryId));
  assert.deepEqual(JSON.parse(answer!.toString()), { 0: ends[0], 1: ends[1] });
  assert.equal(ends[1], 150);
});

test('the watermark of an unknown query is NOT_FOUND', async () => {
  await assert.rejects(reader.action('contract_data.Watermark', Buffer.from('nobody')), (error: unknown) => {
    const { code, details } = error as { code: number; details: string };
    assert.equal(code, status.NOT_FOUND);
    assert.match(details, /^FLIGHT_UNKNOWN: /);
    return true;
  });
});
