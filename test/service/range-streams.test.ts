/** What a request may ask for, over the socket, against rows from stellar-base. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { ASSETS } from '../../src/simulate/assets.js';
import { bytesOf, command } from '../flight/google-protobuf.js';
import type { OracleRow } from '../support/row-oracle.js';
import { arrowSchemaOf, FlightReader, rowsOf } from './flight-reader.js';
import { fileCleanup } from './cleanup.js';
import { runService } from './running-service.js';
import { expectedRows, simulatedSource } from './simulated-source.js';

const [FIRST, LAST] = [400, 440];
const RANGE = { start_ledger: FIRST, end_ledger: LAST };

const cleanup = fileCleanup();
let reader: FlightReader;
before(async () => {
  const { ports } = await runService(cleanup, await simulatedSource(cleanup), { WORKER_COUNT: '2' });
  reader = new FlightReader(cleanup, ports.flight);
});

async function read(request: object): Promise<OracleRow[]> {
  const reading = await reader.readRange({ ...RANGE, ...request });
  assert.equal(reading.text, '');
  return rowsOf(reading);
}

describe('filters pass what they name and nothing else', () => {
  const rows = expectedRows(FIRST, LAST);
  const holder = rows.find((row) => row.balance_holder !== null && !row.deleted)!.balance_holder as string;
  const contract = rows[5]!.contract_id as string;
  const passes: Record<string, [object, (row: OracleRow) => boolean]> = {
    contract_ids: [{ contract_ids: [contract] }, (row) => row.contract_id === contract],
    change_types: [
      { change_types: ['removed', 'restored'] },
      (row) => row.change_type === 'removed' || row.change_type === 'restored',
    ],
    durabilities: [
      { durabilities: ['ContractDataDurabilityTemporary'] },
      (row) => row.contract_durability === 'ContractDataDurabilityTemporary',
    ],
    key_types: [{ key_types: ['ScValTypeScvVec'] }, (row) => row.contract_key_type === 'ScValTypeScvVec'],
    include_deleted: [{ include_deleted: false }, (row) => row.deleted === false],
    changed_only: [{ changed_only: true }, (row) => row.value_changed !== false],
    modified_after_ledger: [{ modified_after_ledger: 420 }, (row) => Number(row.ledger_sequence) > 420],
    balance_holders: [{ balance_holders: [holder] }, (row) => row.balance_holder === holder],
    min_balance: [
      { min_balance: '1000000000' },
      (row) => row.deleted === true || (row.balance_i128 !== null && BigInt(String(row.balance_i128)) >= 10n ** 9n),
    ],
    'two together': [
      { include_deleted: false, key_types: ['ScValTypeScvVec'] },
      (row) => row.deleted === false && row.contract_key_type === 'ScValTypeScvVec',
    ],
  };
  for (const [name, [filters, pass]] of Object.entries(passes)) {
    test(name, async () => {
      const expected = rows.filter(pass);
      assert.ok(expected.length > 0 && expected.length < rows.length, `${expected.length} rows tell nothing`);
      assert.deepEqual(await read({ filters }), expected);
    });
  }
});

test('columns come as asked, in the order asked', async () => {
  const columns = ['change_index', 'contract_id', 'balance', 'closed_at'];
  const reading = await reader.readRange({ ...RANGE, columns });
  assert.deepEqual(
    arrowSchemaOf(reading).fields.map(({ name }) => name),
    columns,
  );
  assert.deepEqual(
    rowsOf(reading),
    expectedRows(FIRST, LAST).map((row) => Object.fromEntries(columns.map((name) => [name, row[name]]))),
  );
});

test('signed integers have the same values in a wider type', async () => {
  const reading = await reader.readRange({ ...RANGE, int_types: 'signed' });
  const types = new Map(arrowSchemaOf(reading).fields.map(({ name, type }) => [name, String(type)]));
  assert.deepEqual([types.get('ledger_sequence'), types.get('change_index')], ['Int64', 'Int64']);
  const wide = ['last_modified_ledger', 'ledger_sequence', 'expiration_ledger_seq', 'transaction_index'];
  const expected = expectedRows(FIRST, LAST).map((row) => {
    const cells = [...wide, 'operation_index', 'change_index'].map((name) => [
      name,
      row[name] === null ? null : String(row[name]),
    ]);
    return { ...row, ...(Object.fromEntries(cells) as OracleRow) };
  });
  assert.deepEqual(rowsOf(reading), expected);
});

test('known assets give their balances code and issuer, and let an asset filter select them', async () => {
  const usdc = ASSETS.get('USDC')!;
  const known = expectedRows(FIRST, LAST, [usdc]);
  const known_assets = [`USDC:${usdc.getIssuer()}`];
  assert.deepEqual(await read({ known_assets }), known);

  const isUsdc = (row: OracleRow): boolean => row.asset_code === 'USDC' && row.asset_issuer === usdc.getIssuer();
  const selected = await read({ filters: { asset_codes: ['USDC'], asset_issuers: [usdc.getIssuer()] } });
  assert.ok(known.filter(isUsdc).length > 0);
  assert.deepEqual(selected.filter(isUsdc), known.filter(isUsdc));
  assert.ok(selected.every((row) => isUsdc(row) || row.deleted === true));
});

test('an asset code of which no asset is known is warned of', async () => {
  const { warnings } = await reader.info({ ...RANGE, filters: { asset_codes: ['USDC'] } });
  assert.match(warnings.join(), /USDC/);
  const { warnings: none } = await reader.info({ ...RANGE, filters: { asset_codes: ['native'] } });
  assert.deepEqual(none, []);
});

test('compact gives one row for each key and ledger, the last value', async () => {
  const columns = ['ledger_sequence', 'ledger_key_hash', 'change_index', 'deleted', 'val_xdr'];
  const compacted = await read({ compact: true, columns });
  const last = new Map<string, OracleRow>();
  const first = new Map<string, OracleRow>();
  for (const row of expectedRows(FIRST, LAST)) {
    const key = `${row.ledger_sequence} ${row.ledger_key_hash}`;
    last.set(key, row);
    if (!first.has(key)) first.set(key, row);
  }
  const expected = [...last]
    // Created and gone within the ledger: no change.
    .filter(([key, row]) => !(row.change_type === 'removed' && first.get(key)!.change_type === 'created'))
    .map(([, row]) => row)
    .sort(
      (a, b) =>
        Number(a.ledger_sequence) - Number(b.ledger_sequence) || Number(a.change_index) - Number(b.change_index),
    );
  assert.ok(expected.length < expectedRows(FIRST, LAST).length, 'nothing to compact');
  const withoutValueOfDeleted = (rows: OracleRow[]): unknown[] =>
    rows.map((row) => columns.map((name) => (name === 'val_xdr' && row.deleted === true ? 'any' : row[name])));
  assert.deepEqual(withoutValueOfDeleted(compacted), withoutValueOfDeleted(expected));
});

test('the schema is the same in FlightInfo, GetSchema and DoGet, and says what it is a schema of', async () => {
  const request = { ...RANGE, columns: ['contract_id', 'balance'] };
  const { encoded, tickets } = await reader.info(request);
  const prefixed = bytesOf('FlightInfo', 'Schema', encoded);
  const { schema } = await reader.read(tickets[0]!);
  assert.ok(prefixed.subarray(8).equals(schema));
  const asked = await reader.unary('GetSchema', command(JSON.stringify(request)));
  assert.ok(bytesOf('SchemaResult', 'Schema', asked).subarray(8).equals(schema));
  const { metadata } = arrowSchemaOf({ schema });
  assert.equal(metadata.get('schema_version'), '1');
  assert.ok([...metadata.values()].includes('Test SDF Network ; September 2015'));
});

test('no batch has more rows than asked for, but for none', async () => {
  for (const batch_size of [60, 200, 100_000]) {
    const { batches } = await reader.readRange({ ...RANGE, batch_size });
    assert.ok(batches.every(({ progress }) => progress.rows <= batch_size));
    assert.ok(batch_size > 60 ? batches.some(({ progress }) => progress.rows > 60) : true);
  }
});
