import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { FlightMessage } from '../../src/flight/flight-producer.js';
import { clientOf, testDatabases, withClient } from '../postgres/test-database.js';
import { serveFlight } from '../flight/flight-server.js';
import { flightOf, type TestFlight, TestProducer } from '../flight/test-producer.js';
import { fileCleanup } from '../service/cleanup.js';
import { FlightReader } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { simulatedSource } from '../service/simulated-source.js';
import { runConsumer } from './running-consumer.js';
import { count } from './stored-rows.js';

const databases = testDatabases(fileCleanup());
const RANGE = { START_LEDGER: '1', END_LEDGER: '40', LOAD_TTL: 'false' };

async function generated(t: TestContext, env: Record<string, string> = {}): Promise<number> {
  const service = await runService(t, await simulatedSource(t), env);
  return service.ports.flight;
}

/** A trigger that makes commits fail with `state`, as PostgreSQL itself would. */
function failing(state: string): string {
  return `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${state}'; END $$;
    CREATE TRIGGER fail BEFORE INSERT ON contract_data.current_states FOR EACH ROW EXECUTE FUNCTION fail()`;
}

for (const [what, state] of [
  ['a full disk', '53100'],
  ['missing rights', '42501'],
  ['a broken constraint', '23514'],
] as const) {
  test(`${what} in the middle of a commit ends the consumer with PostgreSQL's code, and nothing half-written`, async (t) => {
    const port = await generated(t);
    const url = await databases.migrated();
    await withClient(url, (client) => client.query(failing(state)));
    const consumer = await runConsumer(t, port, url, RANGE);
    await assert.rejects(consumer.ended, {
      code: 'DATABASE_REFUSED',
      message: new RegExp(`^ledgers 1 to \\d+ of contract_data: ${state} refused`),
    });
    const client = await clientOf(t, url);
    assert.equal(await count(client, 'entries'), 0);
    assert.deepEqual((await client.query('SELECT complete_through FROM contract_data.ingestion_progress')).rows, [
      { complete_through: '0' },
    ]);
  });
}

test('a user without rights is told so before anything is loaded', async (t) => {
  const port = await generated(t);
  const url = await databases.empty();
  await withClient(url, (client) => client.query("CREATE ROLE nobody LOGIN PASSWORD 'secret'"));
  const poor = Object.assign(new URL(url), { username: 'nobody', password: 'secret' }).href;
  const consumer = await runConsumer(t, port, poor, RANGE);
  await assert.rejects(consumer.ended, {
    code: 'DATABASE_REFUSED',
    message: /^setting up the schema: 42501 permission denied/,
  });
});

test('a wrong password is not tried again and again', async (t) => {
  const port = await generated(t);
  const wrong = Object.assign(new URL(await databases.empty()), { password: 'wrong' }).href;
  const consumer = await runConsumer(t, port, wrong, RANGE);
  await assert.rejects(consumer.ended, (error: Error) => {
    assert.match(error.message, /28P01 password authentication failed/);
    assert.ok(!error.message.includes('wrong'));
    return true;
  });
  assert.equal(consumer.stats().errors, 1);
});

test('a database that a newer program has set up is left alone', async (t) => {
  const port = await generated(t);
  const url = await databases.migrated();
  await withClient(url, (client) =>
    client.query("INSERT INTO contract_data.schema_versions (version, name) VALUES (9999, 'later')"),
  );
  const consumer = await runConsumer(t, port, url, RANGE);
  await assert.rejects(consumer.ended, { code: 'DATABASE_REFUSED', message: /version 9999/ });
});

test('a stream of other rows is refused, with what is different, and the first one goes on', async (t) => {
  const port = await generated(t);
  const url = await databases.empty();
  assert.equal(await (await runConsumer(t, port, url, RANGE)).ended, 'complete');
  const other = await runConsumer(t, port, url, { ...RANGE, COMPACT: 'true' });
  await assert.rejects(other.ended, { code: 'STREAM_MISMATCH', message: /compact is false there and true here/ });
  const elsewhere = await runConsumer(t, port, url, { ...RANGE, STREAM_SOURCE: 'another' });
  await assert.rejects(elsewhere.ended, { code: 'STREAM_MISMATCH', message: /source is "test" there/ });
  assert.equal(await (await runConsumer(t, port, url, { ...RANGE, END_LEDGER: '45' })).ended, 'complete');
});

test('the first run needs a first ledger; without one nothing is stored that would keep others out', async (t) => {
  const port = await generated(t);
  const url = await databases.empty();
  const without = await runConsumer(t, port, url, { COMPACT: 'true' });
  await assert.rejects(without.ended, { code: 'CONFIG_INVALID', message: /^START_LEDGER: expected/ });
  assert.equal(await (await runConsumer(t, port, url, RANGE)).ended, 'complete');
  const earlier = await runConsumer(t, port, await databases.empty(), { ...RANGE, START_LEDGER: '4' });
  assert.equal(await earlier.ended, 'complete');
});

test('a filter that the service refuses ends the consumer at once, with the key', async (t) => {
  const port = await generated(t, { FLIGHT_TOKENS: 'a-token-of-sufficient-length' });
  const url = await databases.empty();
  const without = await runConsumer(t, port, url, RANGE);
  await assert.rejects(without.ended, { code: 'FLIGHT_REFUSED', message: /UNAUTHENTICATED/ });
  const shown = await runConsumer(t, port, url, { ...RANGE, FLIGHT_TOKEN: 'a-token-of-sufficient-length' });
  assert.equal(await shown.ended, 'complete');
});

/** A service that plans as the real one does, and sends what `change` makes of its messages. */
async function tamperedService(
  t: TestContext,
  change: (messages: FlightMessage[]) => FlightMessage[],
  schema = (bytes: Uint8Array): Uint8Array => bytes,
): Promise<number> {
  const port = await generated(t);
  const reader = new FlightReader(t, port);
  const { tickets } = await reader.info({ start_ledger: 1, end_ledger: 40, batch_size: 200 });
  const reading = await reader.read(tickets[0]!);
  const messages = reading.batches.map(({ header, body, progress }): FlightMessage => {
    return { metadata: header, body, appMetadata: Buffer.from(JSON.stringify(progress)) };
  });
  const flight = flightOf(schema(reading.schema), change(messages));
  const server = await serveFlight(new AnyCommand(flight, tickets[0]!));
  t.after(() => server.close());
  return server.port;
}

/** One flight, whatever is asked for. */
class AnyCommand extends TestProducer {
  private readonly ticket: string;

  constructor(flight: TestFlight, ticket: string) {
    super({ [ticket]: flight });
    this.ticket = ticket;
  }

  override async getFlightInfo() {
    return await super.getFlightInfo({ kind: 'command', command: Buffer.from(this.ticket) });
  }

  // Tickets of the real service begin with no brace, so the flight is found by its name.
}

function progressOf(message: FlightMessage): Record<string, number> {
  return JSON.parse(Buffer.from(message.appMetadata!).toString('utf8')) as Record<string, number>;
}

function withProgress(message: FlightMessage, change: Record<string, number>): FlightMessage {
  return { ...message, appMetadata: Buffer.from(JSON.stringify({ ...progressOf(message), ...change })) };
}

for (const [what, change, message] of [
  ['a ledger left out', (all: FlightMessage[]) => all.toSpliced(2, 1), /its turn had come/],
  ['a batch sent twice', (all: FlightMessage[]) => all.toSpliced(2, 0, all[1]!), /its turn had come/],
  [
    'fewer rows than promised',
    (all: FlightMessage[]) => all.with(1, withProgress(all[1]!, { rows: 9999 })),
    /a batch of 9999 rows expected/,
  ],
  [
    'a piece without the one before it',
    (all: FlightMessage[]) => all.with(1, withProgress(all[1]!, { piece: 2, pieces: 2 })),
    /piece 2 of 2 came out of turn/,
  ],
] as const) {
  test(`${what}: what came before is committed, and the consumer ends with the ledger`, async (t) => {
    let whole = 0;
    const port = await tamperedService(t, (messages) => {
      whole = progressOf(messages[1]!).complete_through!;
      return change(messages);
    });
    const url = await databases.empty();
    const consumer = await runConsumer(t, port, url, RANGE);
    await assert.rejects(consumer.ended, { code: 'FLIGHT_INVALID', message });
    const through = consumer.stats().streams[0]!.watermark;
    assert.ok(through > 0 && through <= whole, `complete through ${through}`);
    const client = await clientOf(t, url);
    const [row] = (
      await client.query<{ last: string }>('SELECT max(ledger_sequence) AS last FROM contract_data.entries')
    ).rows;
    assert.equal(Number(row!.last), through);
  });
}

test('a service of another schema version is refused before any row is read', async (t) => {
  const port = await tamperedService(
    t,
    (messages) => messages,
    (bytes) => {
      const changed = Buffer.from(bytes);
      const at = changed.indexOf('schema_version');
      // The value of a one-character string follows its key, or stands before it.
      const near = [...Array(120).keys()]
        .map((i) => at - 60 + i)
        .filter((i) => changed[i] === 0x31 && changed[i + 1] === 0);
      for (const i of near) changed[i] = 0x39;
      return changed;
    },
  );
  const url = await databases.empty();
  const consumer = await runConsumer(t, port, url, RANGE);
  await assert.rejects(consumer.ended, { code: 'FLIGHT_INVALID', message: /schema_version 1 expected, 9 found/ });
  const client = await clientOf(t, url);
  assert.equal(await count(client, 'entries'), 0);
});
