/** Range streams as the npm clients of three other makers read them, row by row against stellar-base. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FlightClient } from '@gizmodata/gizmosql-client';
import { InfluxDBClient } from '@influxdata/influxdb3-client';
import { SpiceClient } from '@spiceai/spice';
import { build } from '../flight/google-protobuf.js';
import type { OracleRow } from '../support/row-oracle.js';
import { oracleRow } from './flight-reader.js';
import { fileCleanup } from './cleanup.js';
import { runService } from './running-service.js';
import { expectedRows, simulatedSource } from './simulated-source.js';
import { expectedTtlRows } from './ttl-oracle.js';

interface Table {
  readonly numRows: number;
  get(index: number): { toJSON(): Record<string, unknown> } | null;
}

// The classes of GizmoSQL's client are generated; their types want a package of types that it does not bring.
type Descriptor = Parameters<FlightClient['getFlightInfo']>[0];
interface Info {
  getEndpointList(): { getTicket(): Parameters<FlightClient['doGet']>[0] }[];
}

const cleanup = fileCleanup();
let gizmo: FlightClient;
let spice: SpiceClient;
let influx: InfluxDBClient;
before(async () => {
  const { ports } = await runService(cleanup, await simulatedSource(cleanup), { WORKER_COUNT: '2' });
  const address = `127.0.0.1:${ports.flight}`;
  gizmo = new FlightClient({ host: '127.0.0.1', port: ports.flight, plaintext: true });
  spice = new SpiceClient({
    flightUrl: address,
    // A closed port: where Flight fails, its way round over HTTP fails too.
    httpUrl: 'http://127.0.0.1:1',
    flightTlsEnabled: false,
    flightOnly: true,
    logging: false,
  });
  influx = new InfluxDBClient({ host: `http://${address}`, token: 'none', database: 'none' });
});
cleanup.after(async () => {
  await influx.close();
  // Its `close` logs that CloseSession is no action of ours.
  const { warn } = console;
  console.warn = () => undefined;
  await gizmo.close().finally(() => (console.warn = warn));
});

const RANGE = { start_ledger: 300, end_ledger: 340 };

/** The rows of a table, in pieces that apache-arrow gives out one by one. */
function rowsOf(table: Table): OracleRow[] {
  return Array.from({ length: table.numRows }, (_, index) => oracleRow(table.get(index)!.toJSON()));
}

const READERS: Record<string, (request: object) => Promise<OracleRow[]>> = {
  "GizmoSQL's client": async (request) => {
    const descriptor = build('FlightDescriptor', { Type: 2, Cmd: Buffer.from(JSON.stringify(request)) });
    const info = (await gizmo.getFlightInfo(descriptor as unknown as Descriptor)) as unknown as Info;
    return rowsOf(await gizmo.doGet(info.getEndpointList()[0]!.getTicket()));
  },
  "Spice's client": async (request) => rowsOf(await spice.sql(JSON.stringify(request))),
  "InfluxDB's client, by a JSON ticket": async (request) => {
    const rows: OracleRow[] = [];
    for await (const row of influx.query(JSON.stringify(request), 'none')) {
      rows.push(oracleRow(row as Record<string, unknown>));
    }
    return rows;
  },
};

for (const [client, read] of Object.entries(READERS)) {
  test(`${client} reads the rows of contract_data that are in the ledgers`, async () => {
    assert.deepEqual(await read(RANGE), expectedRows(300, 340));
  });

  test(`${client} reads the rows of ttl that are in the ledgers`, async () => {
    const expected = expectedTtlRows(300, 340);
    assert.ok(expected.length > 100);
    assert.deepEqual(await read({ ...RANGE, table: 'ttl' }), expected);
  });
}

test('a malformed request is the same error in each client, with its text', async () => {
  for (const read of Object.values(READERS)) {
    await assert.rejects(read({ ...RANGE, color: 1 }), /REQUEST_INVALID: .*color/);
  }
});
