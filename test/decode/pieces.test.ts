import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StrKey, xdr } from '@stellar/stellar-base';
import { tableFromIPC, type Table } from 'apache-arrow';
import { parseRowRequest } from '../../src/request/row-request.js';
import { arrowSchema } from '../../workers/columns/tables.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import { ProcessorError } from '../../workers/errors.js';
import { encapsulationPrefix, encodeSchema, END_OF_STREAM } from '../../workers/ipc.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import {
  balance,
  created,
  data,
  id,
  keyHashOf,
  removed,
  state,
  TEST_PASSPHRASE,
  ttl,
  u32,
  updated,
} from '../support/contract-entries.js';
import { decodeLedger, rowsOf, type DecodeOptions } from '../support/decode-rows.js';
import { buildLedger, ledgerOf } from '../support/ledger-builder.js';
import { oracleRows } from '../support/row-oracle.js';

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const TARGET_BYTES = 2 * 1024 * 1024;

const options = (request: Record<string, unknown>): DecodeOptions => ({ passphrase: TEST_PASSPHRASE, request });

/** `count` entries, the value of number i of `bytes(i)` bytes. */
function wide(count: number, bytes: (i: number) => number): Buffer {
  const entries = Array.from({ length: count }, (_, i) =>
    data({ key: u32(i), val: xdr.ScVal.scvBytes(Buffer.alloc(bytes(i), i)) }),
  );
  return ledgerOf(...entries.map(created));
}

/** The Arrow table that an independent reader makes of the schema and the messages, framed as an IPC stream. */
function arrowTable(ledger: DecodedLedger, { passphrase, request = {} }: DecodeOptions): Table {
  const schema = encodeSchema(arrowSchema(parseRowRequest(request, passphrase)));
  const parts = ledger.blocks.flatMap(({ metadata, body }) => [encapsulationPrefix(metadata), metadata, body]);
  return tableFromIPC(Buffer.concat([encapsulationPrefix(schema), schema, ...parts, END_OF_STREAM]));
}

/** Rows of an Arrow table in the form of the oracle's: 64-bit integers as decimal strings, times as ISO 8601. */
function plainRows(table: Table, isSigned: boolean): Record<string, unknown>[] {
  const wideColumns = new Set(['balance']);
  return table.toArray().map((row: { toJSON(): Record<string, unknown> }) =>
    Object.fromEntries(
      Object.entries(row.toJSON()).map(([name, value]) => {
        if (name === 'closed_at') return [name, new Date(value as number).toISOString().replace('.000Z', 'Z')];
        if (typeof value !== 'bigint') return [name, value];
        return [name, isSigned && !wideColumns.has(name) ? Number(value) : value.toString()];
      }),
    ),
  );
}

const mixed = buildLedger({
  version: 1,
  sequence: 2 ** 32 - 1,
  transactions: [
    { operations: [[created(balance(id(1), id(2), 2n ** 63n - 1n)), created(balance(id(1), id(3), 2n ** 63n))]] },
    { operations: [[state(data()), updated(data()), state(data({ key: u32(1) })), removed(data({ key: u32(1) }))]] },
    { after: [updated(data({ val: u32(9) })), updated(ttl(keyHashOf(data()), 2 ** 32 - 1))] },
  ],
  evictedEntries: [data({ contract: id(4), modified: 2 ** 31 })],
});

for (const batch_size of [1, 2, 3, 7, 8, 9, 64, 1000]) {
  test(`in batches of at most ${batch_size} rows a ledger's pieces joined are the whole`, () => {
    const bytes = ledgerOf(...Array.from({ length: 20 }, (_, i) => created(data({ key: u32(i) }))));
    const request = options({ batch_size, columns: ['all'] });
    const ledger = decodeLedger(bytes, request);
    assert.equal(ledger.blocks.length, Math.ceil(20 / batch_size));
    assert.ok(ledger.blocks.every((block) => block.rows <= batch_size));
    assert.equal(ledger.rows, 20);
    const whole = options({ columns: ['all'] });
    assert.deepEqual(rowsOf(ledger, request), rowsOf(decodeLedger(bytes, whole), whole));
  });
}

test('a ledger beyond the byte target comes in pieces below it, none lost, none doubled', () => {
  // Sizes differ, so that equal numbers of rows are not equal numbers of bytes.
  const bytes = wide(150, (i) => (i < 120 ? 400 : 64 * 1024));
  const ledger = decodeLedger(bytes, options({}));
  assert.ok(ledger.blocks.length > 1);
  for (const { body, metadata } of ledger.blocks) {
    assert.ok(body.length <= TARGET_BYTES);
    assert.ok(body.length + metadata.length < MAX_MESSAGE_BYTES);
  }
  assert.equal(
    ledger.blocks.reduce((rows, block) => rows + block.rows, 0),
    150,
  );
  assert.deepEqual(rowsOf(ledger, options({})), oracleRows(bytes, TEST_PASSPHRASE));
});

test('a row above the target but within a message travels alone, one beyond it is an error that names it', () => {
  const fits = decodeLedger(
    wide(3, (i) => (i === 1 ? 2_500_000 : 10)),
    options({}),
  );
  assert.deepEqual(
    fits.blocks.map((block) => block.rows),
    [1, 1, 1],
  );
  assert.ok(fits.blocks[1]!.body.length > TARGET_BYTES);

  const tooLarge = wide(3, (i) => (i === 1 ? 3_500_000 : 10));
  assert.throws(
    () => decodeLedger(tooLarge, options({})),
    (error) => {
      assert.ok(error instanceof ProcessorError);
      assert.equal(error.code, 'ROW_TOO_LARGE');
      assert.equal(error.place.ledger, 1000);
      assert.match(error.message, /change_index 1\b/);
      return true;
    },
  );
  const columns = ['contract_id', 'change_index'];
  assert.equal(decodeLedger(tooLarge, options({ columns })).rows, 3);
});

for (const int_types of ['unsigned', 'signed'] as const) {
  test(`apache-arrow reads the rows of the oracle from ${int_types} batches, nulls included`, () => {
    for (const batch_size of [1, 3, 1000]) {
      const request = options({ int_types, batch_size });
      const table = arrowTable(decodeLedger(mixed, request), request);
      assert.deepEqual(plainRows(table, int_types === 'signed'), oracleRows(mixed, TEST_PASSPHRASE));
      const type = String(table.schema.fields.find((field) => field.name === 'ledger_sequence')!.type);
      assert.equal(type, int_types === 'signed' ? 'Int64' : 'Uint32');
    }
  });
}

test('apache-arrow reads real ledgers, whatever they hold', { skip: skipWithoutCorpus }, () => {
  const ledgers = corpusLedgers().filter(
    (ledger) => ledger.stellar_base_15_decodes && ledger.rows > 0 && ledger.bytes < 400_000,
  );
  assert.ok(ledgers.length > 5);
  for (const { name, network_passphrase } of ledgers) {
    const bytes = readCorpus(`${name}.xdr`);
    const request = { passphrase: network_passphrase, request: { batch_size: 50 } };
    assert.deepEqual(
      plainRows(arrowTable(decodeLedger(bytes, request), request), false),
      oracleRows(bytes, network_passphrase),
      name,
    );
  }
});

test('null counts in a message are the nulls of its columns', () => {
  const request = options({});
  const table = arrowTable(decodeLedger(mixed, request), request);
  const rows = oracleRows(mixed, TEST_PASSPHRASE);
  for (const { name, nullable } of table.schema.fields) {
    const nulls = rows.filter((row) => row[name] === null).length;
    assert.equal(table.getChild(name)!.nullCount, nulls, name);
    assert.ok(nullable || nulls === 0, name);
  }
});

test('an empty ledger gives no batch, and its schema is still readable', () => {
  const ledger = decodeLedger(buildLedger(), options({}));
  assert.deepEqual(ledger.blocks, []);
  const table = arrowTable(ledger, options({}));
  assert.equal(table.numRows, 0);
  assert.equal(table.schema.fields.length, 26);
  assert.equal(table.schema.metadata.get('network_passphrase'), TEST_PASSPHRASE);
});

test('equal input gives equal bytes, whatever was decoded before', () => {
  const request = options({ columns: ['all'], batch_size: 3 });
  const bytesOf = (ledger: DecodedLedger): Buffer[] =>
    ledger.blocks.map(({ metadata, body }) => Buffer.concat([metadata, body]));
  const fresh = bytesOf(decodeLedger(mixed, request));
  decodeLedger(
    wide(40, () => 3000),
    request,
  );
  assert.deepEqual(bytesOf(decodeLedger(mixed, request)), fresh);
});

test('the input is as it was after decoding', () => {
  const copy = Buffer.from(mixed);
  decodeLedger(mixed, options({ columns: ['all'], compact: true }));
  assert.ok(copy.equals(mixed));
});

test('a filtered ledger gives pieces of what is left', () => {
  const filters = { balance_holders: [id(2), id(3)].map((holder) => StrKey.encodeContract(holder)) };
  const ledger = decodeLedger(mixed, options({ batch_size: 1, filters }));
  assert.deepEqual([ledger.rows, ledger.blocks.length, ledger.skipped], [2, 2, 4]);
});
