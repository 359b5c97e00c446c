import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Bool,
  Field,
  Int64,
  Message,
  RecordBatchStreamWriter,
  Schema,
  Table,
  TimestampMicrosecond,
  Uint32,
  Utf8,
  vectorFromArray,
  DataType,
  makeVector,
} from 'apache-arrow';
import fc from 'fast-check';
import { CopyEncoder } from '../../src/consumer/copy/copy-encoder.js';
import type { BatchMessage } from '../../src/consumer/copy/batch-columns.js';
import { decodeSchema, tablePlan, type DeclaredColumn } from '../../src/consumer/copy/table-plan.js';
import { copyIn } from '../../src/consumer/database/copy-in.js';
import { clientOf, rowsAsText, testDatabases } from '../postgres/test-database.js';
import { fileCleanup } from '../service/cleanup.js';

const databases = testDatabases(fileCleanup());

interface TestColumn extends DeclaredColumn {
  readonly arrow: DataType;
}

const COLUMNS: readonly TestColumn[] = [
  { name: 'ledger_sequence', kind: 'uint32', postgres: 'bigint', arrow: new Uint32() },
  { name: 'closed_at', kind: 'timestamp', postgres: 'timestamptz', arrow: new TimestampMicrosecond('UTC') },
  { name: 'a_text', kind: 'utf8', postgres: 'text', arrow: new Utf8() },
  { name: 'a_uint32', kind: 'uint32', postgres: 'bigint', arrow: new Uint32() },
  { name: 'an_int64', kind: 'int64', postgres: 'bigint', arrow: new Int64() },
  { name: 'a_bool', kind: 'bool', postgres: 'boolean', arrow: new Bool() },
  { name: 'a_numeric', kind: 'utf8', postgres: 'numeric(39)', arrow: new Utf8() },
  { name: 'a_json', kind: 'utf8', postgres: 'jsonb', arrow: new Utf8() },
];

interface TestRow {
  readonly ledger_sequence: number;
  readonly closed_at: bigint;
  readonly a_text: string | null;
  readonly a_uint32: number | null;
  readonly an_int64: bigint | null;
  readonly a_bool: boolean | null;
  readonly a_numeric: string | null;
  readonly a_json: string | null;
}

const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 3 });

/** Text that PostgreSQL takes: no NUL, no lone surrogates; short ones and ones beyond any threshold of copying. */
const text = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 400 }))
  .map((value) => Buffer.from(value.replaceAll('\0', ''), 'utf8').toString('utf8'));

/** JSON that jsonb takes: no NUL in it. */
const json = fc.jsonValue().map((value) => JSON.stringify(value).replaceAll('\\u0000', ''));

const row: fc.Arbitrary<TestRow> = fc.record({
  ledger_sequence: fc.constant(7),
  closed_at: fc.bigInt({ min: -(10n ** 15n), max: 4n * 10n ** 15n }),
  a_text: orNull(text),
  a_uint32: orNull(fc.nat({ max: 2 ** 32 - 1 })),
  an_int64: orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  a_bool: orNull(fc.boolean()),
  a_numeric: orNull(fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }).map(String)),
  a_json: orNull(json),
});

/** One batch, as apache-arrow writes it. */
function batchOf(
  rows: readonly object[],
  columns: readonly TestColumn[] = COLUMNS,
): { schema: Uint8Array; batch: BatchMessage } {
  const metadata = new Map([
    ['schema_version', '1'],
    ['schema_type', 'test'],
  ]);
  const schema = new Schema(
    columns.map(({ name, arrow }) => new Field(name, arrow, true)),
    metadata,
  );
  const vectors = columns.map(({ name, arrow }) => {
    const values = rows.map((one) => (one as Record<string, unknown>)[name]);
    // apache-arrow's builder would take milliseconds here.
    const vector = DataType.isTimestamp(arrow)
      ? makeVector({ type: arrow, data: BigInt64Array.from(values as bigint[]) })
      : vectorFromArray(values, arrow);
    return [name, vector] as const;
  });
  const writer = RecordBatchStreamWriter.writeAll(new Table(schema, Object.fromEntries(vectors)));
  const bytes = Buffer.from(writer.toUint8Array(true));
  const messages: { metadata: Uint8Array; body: Uint8Array }[] = [];
  for (let at = 0; bytes.readUInt32LE(at) === 0xffffffff && bytes.readInt32LE(at + 4) > 0;) {
    const start = at + 8;
    const end = start + bytes.readInt32LE(at + 4);
    const { bodyLength } = Message.decode(bytes.subarray(start, end));
    // At an odd place, as inside a gRPC message.
    const body = Buffer.alloc(bodyLength + 3).subarray(3);
    bytes.copy(body, 0, end, end + bodyLength);
    messages.push({ metadata: bytes.subarray(start, end), body });
    at = end + bodyLength;
  }
  return { schema: messages[0]!.metadata, batch: messages[1]! };
}

function encoderOf(schema: Uint8Array, columns: readonly TestColumn[] = COLUMNS): CopyEncoder {
  return new CopyEncoder(tablePlan(decodeSchema(schema), 'test', columns));
}

test('PostgreSQL reads every value that is encoded as the value it was', async (t) => {
  const client = await clientOf(t, await databases.empty());
  await client.query("SET TIME ZONE 'UTC'");
  const types = COLUMNS.map(({ name, postgres }) => `${name} ${postgres}`).join(', ');
  await client.query(`CREATE TEMP TABLE copied (${types}, n bigint GENERATED ALWAYS AS IDENTITY)`);
  const names = COLUMNS.map(({ name }) => name).join(', ');
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      await client.query('TRUNCATE copied RESTART IDENTITY');
      const { schema, batch } = batchOf(rows);
      const { bytes, rows: encoded } = encoderOf(schema).encode(batch, { first: 7, last: 7 });
      assert.equal(encoded, rows.length);
      assert.equal(await copyIn(client, `COPY copied (${names}) FROM STDIN (FORMAT binary)`, [bytes]), rows.length);
      const stored = await rowsAsText(
        client,
        `SELECT a_text, a_uint32, an_int64, a_bool::text, a_numeric, a_json::text,
        (extract(epoch FROM closed_at) * 1000000)::bigint FROM copied ORDER BY n`,
      );
      stored.forEach(([aText, aUint32, anInt64, aBool, aNumeric, aJson, closedAt], i) => {
        const expected = rows[i]!;
        assert.equal(aText, expected.a_text);
        assert.equal(aUint32, expected.a_uint32 === null ? null : String(expected.a_uint32));
        assert.equal(anInt64, expected.an_int64 === null ? null : String(expected.an_int64));
        assert.equal(aBool, expected.a_bool === null ? null : String(expected.a_bool));
        assert.equal(aNumeric, expected.a_numeric);
        assert.equal(closedAt, String(expected.closed_at));
        if (expected.a_json === null) assert.equal(aJson, null);
      });
      const { rowCount } = await client.query(
        'SELECT FROM copied JOIN unnest($1::jsonb[]) WITH ORDINALITY AS w(value, n) USING (n) WHERE a_json IS DISTINCT FROM value',
        [rows.map(({ a_json: value }) => value)],
      );
      assert.equal(rowCount, 0);
    }),
    { numRuns: 60 },
  );
});

test('memory that was used before, and larger than the rows, changes nothing', async (t) => {
  const client = await clientOf(t, await databases.empty());
  await client.query('CREATE TEMP TABLE copied (ledger_sequence bigint, closed_at timestamptz, a_text text)');
  const columns = COLUMNS.slice(0, 3);
  const used = new ArrayBuffer(200_000);
  new Uint8Array(used).fill(0xee);
  const { SpareBuffers } = await import('../../workers/spare-buffers.js');
  const spare = new SpareBuffers();
  spare.add(used);
  const rows = Array.from({ length: 300 }, (_, i) => ({ ledger_sequence: 7, closed_at: 0n, a_text: 'x'.repeat(i) }));
  const { schema, batch } = batchOf(rows, columns);
  const encoder = new CopyEncoder(tablePlan(decodeSchema(schema), 'test', columns), spare);
  const range = { first: 7, last: 7 };
  await copyIn(client, 'COPY copied FROM STDIN (FORMAT binary)', [encoder.encode(batch, range).bytes]);
  const [[length, others]] = (await rowsAsText(
    client,
    "SELECT sum(length(a_text)), count(*) FILTER (WHERE a_text !~ '^x*$') FROM copied",
  )) as [[string, string]];
  assert.equal(Number(length), (300 * 299) / 2);
  assert.equal(Number(others), 0);
});

test('rows of ledgers before the one asked for are left out', async (t) => {
  const client = await clientOf(t, await databases.empty());
  await client.query('CREATE TEMP TABLE copied (ledger_sequence bigint, closed_at timestamptz, a_text text)');
  const columns = COLUMNS.slice(0, 3);
  const rows = [5, 5, 6, 7, 7].map((ledger_sequence, i) => ({ ledger_sequence, closed_at: 0n, a_text: String(i) }));
  const { schema, batch } = batchOf(rows, columns);
  for (const from of [5, 6, 7, 8]) {
    await client.query('TRUNCATE copied');
    const { bytes, rows: encoded } = encoderOf(schema, columns).encode(batch, { first: 5, last: 7 }, from);
    await copyIn(client, 'COPY copied FROM STDIN (FORMAT binary)', [bytes]);
    const kept = rows.filter(({ ledger_sequence: ledger }) => ledger >= from);
    assert.equal(encoded, kept.length);
    assert.deepEqual(
      (await rowsAsText(client, 'SELECT a_text FROM copied ORDER BY a_text')).map(([value]) => value),
      kept.map(({ a_text: value }) => value),
    );
  }
});

test('a value that PostgreSQL would refuse is an error that names ledger and column', () => {
  const good = {
    ledger_sequence: 9,
    closed_at: 0n,
    a_text: 'a',
    a_uint32: 1,
    an_int64: 1n,
    a_bool: true,
    a_numeric: '1',
    a_json: '{}',
  };
  const faults: [object, RegExp][] = [
    [{ a_text: 'a\0b' }, /^ledger 9, column a_text: text cannot hold the character NUL$/],
    [{ a_json: '"\0"' }, /^ledger 9, column a_json: jsonb cannot hold the character NUL$/],
    [{ a_numeric: '12x' }, /^ledger 9, column a_numeric: numeric cannot hold "12x", which is no decimal integer$/],
    [{ a_numeric: '' }, /a_numeric/],
    [{ a_numeric: '-' }, /a_numeric/],
    [{ a_numeric: '1.5' }, /a_numeric/],
  ];
  for (const [fault, message] of faults) {
    const { schema, batch } = batchOf([good, { ...good, ...fault }]);
    assert.throws(() => encoderOf(schema).encode(batch, { first: 9, last: 9 }), { code: 'ROW_REFUSED', message });
  }
  const { schema, batch } = batchOf([{ ...good, a_text: 'aXXb' }]);
  const body = Buffer.from(batch.body);
  body.fill(0xff, body.indexOf('XX'), body.indexOf('XX') + 2);
  assert.throws(() => encoderOf(schema).encode({ ...batch, body }, { first: 9, last: 9 }), {
    code: 'ROW_REFUSED',
    message: /column a_text: text cannot hold bytes that are not UTF-8/,
  });
});

test('a batch that is cut short or lies about itself is refused, never read beyond its end', () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ ledger_sequence: 9, closed_at: 0n, a_text: `row ${i}` }));
  const columns = COLUMNS.slice(0, 3);
  const { schema, batch } = batchOf(rows, columns);
  const encoder = encoderOf(schema, columns);
  const range = { first: 9, last: 9 };
  for (let length = 0; length < batch.body.length - 8; length += 7) {
    const cut = { ...batch, body: batch.body.subarray(0, length) };
    assert.throws(() => encoder.encode(cut, range), { code: 'FLIGHT_INVALID' }, `${length} bytes`);
  }
  assert.throws(() => encoder.encode(batch, { first: 10, last: 10 }), { code: 'FLIGHT_INVALID' });
  assert.throws(() => encoder.encode({ ...batch, metadata: schema }, range), { code: 'FLIGHT_INVALID' });
});

test('a schema that differs is refused with the column and what was expected of it', () => {
  const columns = COLUMNS.slice(0, 3);
  const { schema } = batchOf([], columns);
  const plan = (wanted: readonly DeclaredColumn[], table = 'test'): unknown =>
    tablePlan(decodeSchema(schema), table, wanted);
  assert.throws(() => plan([...columns, { name: 'other', kind: 'utf8', postgres: 'text' }]), {
    code: 'FLIGHT_INVALID',
    message: /column other expected/,
  });
  assert.throws(() => plan([{ name: 'a_text', kind: 'bool', postgres: 'boolean' }]), {
    code: 'FLIGHT_INVALID',
    message: /column a_text: bool expected, Utf8 found/,
  });
  assert.throws(() => plan(columns, 'ttl'), {
    code: 'FLIGHT_INVALID',
    message: /schema_type ttl expected, test found/,
  });
});
