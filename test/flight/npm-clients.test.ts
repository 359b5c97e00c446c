/** The clients that JavaScript users have, by three makers: the rows they read are the rows that apache-arrow wrote. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FlightClient } from '@gizmodata/gizmosql-client';
import { InfluxDBClient } from '@influxdata/influxdb3-client';
import { SpiceClient } from '@spiceai/spice';
import { ProcessorError } from '../../workers/errors.js';
import { SAMPLE_ROWS, sampleMessages } from './arrow-messages.js';
import { type RunningFlight, serveFlight } from './flight-server.js';
import { build } from './google-protobuf.js';
import { flightOf, TestProducer } from './test-producer.js';

const COLUMNS = ['id', 'name', 'balance', 'deleted', 'closed_at', 'expiration'];
/** As apache-arrow gives them out: 64-bit integers as bigint, timestamps as milliseconds. */
const EXPECTED = SAMPLE_ROWS.map((row) => ({ ...row, closed_at: Number(row.closed_at) / 1000 }));

interface Table {
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: { toString(): string } }[] };
  readonly numRows: number;
  get(index: number): { toJSON(): Record<string, unknown> } | null;
}

let flight: RunningFlight;
let gizmo: FlightClient;
let spice: SpiceClient;
let influx: InfluxDBClient;
before(async () => {
  const { schema, batches } = sampleMessages();
  const withMetadata = batches.map((batch) => ({ ...batch, appMetadata: Buffer.from('{"v":1}') }));
  const broken = {
    schema,
    async *batches() {
      yield* await Promise.resolve(batches);
      throw new ProcessorError('LEDGER_INVALID', 'ledger 9 is damaged: žluť');
    },
  };
  flight = await serveFlight(
    new TestProducer({ sample: flightOf(schema, withMetadata), empty: flightOf(schema, []), broken }),
  );
  gizmo = new FlightClient({ host: '127.0.0.1', port: flight.port, plaintext: true });
  spice = new SpiceClient({
    flightUrl: flight.address,
    // A closed port: where Flight fails, its way round over HTTP fails too.
    httpUrl: 'http://127.0.0.1:1',
    flightTlsEnabled: false,
    flightOnly: true,
    logging: false,
  });
  influx = new InfluxDBClient({ host: `http://${flight.address}`, token: 'none', database: 'none' });
});
after(async () => {
  await influx.close();
  await closeQuietly(gizmo);
  flight.close();
});

/** Its `close` logs that CloseSession is no action of ours. */
async function closeQuietly(client: FlightClient): Promise<void> {
  const { warn } = console;
  console.warn = () => undefined;
  await client.close().finally(() => (console.warn = warn));
}

function rowsOf(table: Table): unknown[] {
  return Array.from({ length: table.numRows }, (_, index) => ({ ...table.get(index)?.toJSON() }));
}

function typesOf(table: Table): string[] {
  return table.schema.fields.map(({ name, type }) => `${name}: ${type.toString()}`);
}

// The classes of GizmoSQL's client are generated; their types want a package of types that it does not bring.
type Ticket = Parameters<FlightClient['doGet']>[0];
type Descriptor = Parameters<FlightClient['getFlightInfo']>[0];
interface Info {
  toObject(): { endpointList: unknown[]; totalRecords: number };
  getEndpointList(): { getTicket(): Ticket }[];
}

async function readWithGizmo(name: string): Promise<Table> {
  const descriptor = build('FlightDescriptor', { Type: 2, Cmd: Buffer.from(name) });
  const info = (await gizmo.getFlightInfo(descriptor as unknown as Descriptor)) as unknown as Info;
  return await gizmo.doGet(info.getEndpointList()[0]!.getTicket());
}

async function readWithInflux(name: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const row of influx.query(name, 'none')) rows.push(row as Record<string, unknown>);
  return rows;
}

const TYPES = [
  'id: Uint32',
  'name: Utf8',
  'balance: Int64',
  'deleted: Bool',
  'closed_at: Timestamp<MICROSECOND, UTC>',
  'expiration: Uint32',
];

test("GizmoSQL's client reads every value and type, through empty batches", async () => {
  const table = await readWithGizmo('sample');
  assert.deepEqual(typesOf(table), TYPES);
  assert.deepEqual(rowsOf(table), EXPECTED);
});

test("Spice's client reads every value and type, through empty batches", async () => {
  const table = (await spice.sql('sample')) as unknown as Table;
  assert.deepEqual(typesOf(table), TYPES);
  assert.deepEqual(rowsOf(table), EXPECTED);
});

test("InfluxDB's client reads every row, through empty batches", async () => {
  const rows = await readWithInflux('sample');
  assert.deepEqual(
    rows.map((row) => COLUMNS.map((column) => row[column])),
    EXPECTED.map((row) => Object.values(row)),
  );
});

test('an empty result has its columns in every client', async () => {
  for (const table of [await readWithGizmo('empty'), (await spice.sql('empty')) as unknown as Table]) {
    assert.deepEqual(typesOf(table), TYPES);
    assert.equal(table.numRows, 0);
  }
  assert.deepEqual(await readWithInflux('empty'), []);
});

test('an error after all the rows is an error in every client, with its text', async () => {
  const text = /LEDGER_INVALID: ledger 9 is damaged: žluť/;
  await assert.rejects(readWithGizmo('broken'), text);
  await assert.rejects(spice.sql('broken'), text);
  await assert.rejects(readWithInflux('broken'), text);
});

test('flights and actions are listed', async () => {
  const flights = (await gizmo.listFlights()) as unknown as { getFlightDescriptor(): { getPathList(): string[] } }[];
  assert.deepEqual(
    flights.map((info) => info.getFlightDescriptor().getPathList()),
    [['sample'], ['empty'], ['broken']],
  );
  const actions = (await gizmo.listActions()) as unknown as { getType(): string }[];
  assert.deepEqual(
    actions.map((action) => action.getType()),
    ['echo', 'twice'],
  );
});
