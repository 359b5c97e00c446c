/** Requests that cannot be served: each is refused with its gRPC status, and a text that begins with the error's code. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { status, type ServiceError } from '@grpc/grpc-js';
import { command, encode } from '../flight/google-protobuf.js';
import { fileCleanup } from './cleanup.js';
import { FlightReader } from './flight-reader.js';
import { runService, type RunningService } from './running-service.js';
import { PASSPHRASE, simulatedSource } from './simulated-source.js';

const cleanup = fileCleanup();
let service: RunningService;
let reader: FlightReader;
before(async () => {
  service = await runService(cleanup, await simulatedSource(cleanup));
  reader = new FlightReader(cleanup, service.ports.flight);
});

const CONTRACT = 'CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD2KM';
const ACCOUNT = 'GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF';
const range = (more: object): string => JSON.stringify({ start_ledger: 5, end_ledger: 9, ...more });
const filters = (value: object): string => range({ filters: value });

/** Requests, each with what the text must name. */
const INVALID: Record<string, [string, RegExp]> = {
  'text that is not JSON': ['{"start_ledger": 5', /JSON/],
  'nothing at all': ['', /JSON/],
  'a list': ['[1]', /object/],
  null: ['null', /object/],
  'no start': ['{}', /start_ledger/],
  'ledger 0': [range({ start_ledger: 0 }), /start_ledger/],
  'an end before the start': [range({ end_ledger: 4 }), /end_ledger/],
  'a ledger beyond 32 bits': [range({ end_ledger: 4294967296 }), /end_ledger/],
  'a float': ['{"start_ledger": 5.5}', /start_ledger/],
  'a number in a string': ['{"start_ledger": "5"}', /start_ledger/],
  'a negative ledger': ['{"start_ledger": -5}', /start_ledger/],
  'an unknown key': [range({ colour: 1 }), /colour/],
  'a key called __proto__': ['{"start_ledger": 5, "__proto__": {"compact": true}}', /__proto__/],
  'a key called constructor': [range({ constructor: 1 }), /constructor/],
  'an unknown filter': [filters({ holder: [] }), /holder/],
  'a key given twice': ['{"start_ledger": 5, "start_ledger": 6}', /start_ledger/],
  'a filter given twice': [
    '{"start_ledger": 5, "filters": {"changed_only": true, "changed_only": false}}',
    /changed_only/,
  ],
  'a key given twice, once escaped': ['{"start_ledger": 5, "start\\u005fledger": 6}', /twice/],
  'a number for min_balance': [filters({ min_balance: 5 }), /min_balance/],
  'a float for min_balance': [filters({ min_balance: '1.5' }), /min_balance/],
  'a min_balance beyond 128 bits': [filters({ min_balance: '170141183460469231731687303715884105728' }), /min_balance/],
  'an account for a contract': [filters({ contract_ids: [ACCOUNT] }), /contract_ids/],
  'a contract with a wrong checksum': [filters({ contract_ids: [`${CONTRACT.slice(0, -1)}N`] }), /contract_ids/],
  'a contract for an issuer': [filters({ asset_issuers: [CONTRACT] }), /asset_issuers/],
  'a text for a list': [filters({ contract_ids: CONTRACT }), /contract_ids/],
  'an asset code of 13 letters': [filters({ asset_codes: ['ABCDEFGHIJKLM'] }), /asset_codes/],
  'an unknown key type': [filters({ key_types: ['ScvVec'] }), /key_types/],
  'an unknown durability': [filters({ durabilities: ['persistent'] }), /durabilities/],
  'an unknown change type': [filters({ change_types: ['deleted'] }), /change_types/],
  'a text for a boolean': [filters({ changed_only: 'true' }), /changed_only/],
  'filters that are a list': [range({ filters: [] }), /filters/],
  'filters that are null': [range({ filters: null }), /filters/],
  'an unknown table': [range({ table: 'events' }), /table/],
  'an unknown column': [range({ columns: ['contract_id', 'nonsense'] }), /nonsense/],
  'a column twice': [range({ columns: ['balance', 'balance'] }), /balance/],
  'no column': [range({ columns: [] }), /columns/],
  'a batch size above the limit': [range({ batch_size: 1_000_001 }), /batch_size/],
  'no partition': [range({ partitions: 0 }), /partitions/],
  '65 partitions': [range({ partitions: 65 }), /partitions/],
  'partitions of a range that follows': ['{"start_ledger": 5, "end_ledger": 0, "partitions": 2}', /partitions/],
  'partitions of a range that follows, unsaid': ['{"start_ledger": 5, "partitions": 2}', /partitions/],
  'a known asset without issuer': [range({ known_assets: ['USDC'] }), /known_assets/],
  'unknown integer types': [range({ int_types: 'big' }), /int_types/],
  'a filter that ttl has not': [range({ table: 'ttl', filters: { contract_ids: [CONTRACT] } }), /contract_ids/],
  'ttl compacted': [range({ table: 'ttl', compact: true }), /compact/],
  'the predecessor, without an end': ['contract_data:5', /contract_data/],
  'the predecessor, with a filter that is no JSON': ['contract_data:5:9:contracts', /JSON/],
  'the predecessor, with an unknown filter': ['contract_data:5:9:{"colour":1}', /colour/],
  'the predecessor, with ledgers beyond any': [
    'contract_data:99999999999999999999:99999999999999999999:',
    /start_ledger/,
  ],
  'brackets without end': ['['.repeat(100_000), /JSON/],
  'nesting without end': [`{"start_ledger":5,"filters":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, /filters/],
};

async function refusal(call: Promise<unknown>): Promise<ServiceError> {
  const error: unknown = await call.then(
    () => assert.fail('served'),
    (reason: unknown) => reason,
  );
  return error as ServiceError;
}

describe('a descriptor is INVALID_ARGUMENT, and the text names what is wrong, with', () => {
  for (const [what, [text, named]] of Object.entries(INVALID)) {
    test(what, async () => {
      for (const method of ['GetFlightInfo', 'GetSchema', 'PollFlightInfo']) {
        const { code, details } = await refusal(reader.unary(method, command(text)));
        assert.equal(code, status.INVALID_ARGUMENT, details);
        assert.match(details, /^REQUEST_INVALID: /);
        assert.match(details, named);
        assert.ok(Buffer.byteLength(details) < 2048);
      }
      // As a ticket: the predecessor's are, and JSON only with sql_query.
      const asTicket = text.startsWith('contract_data:') ? text : JSON.stringify({ sql_query: text });
      const { status: code, text: details } = await reader.read(asTicket);
      assert.equal(code, status.INVALID_ARGUMENT, details);
      assert.match(details, /^REQUEST_INVALID: /);
    });
  }
});

describe('a ticket is', () => {
  const full = { start_ledger: 5, end_ledger: 9, network: PASSPHRASE, schema_version: '1' };
  const own = (more: object): string => `cd1:${JSON.stringify({ ...full, ...more })}#id`;
  const cases: Record<string, [string, status, RegExp]> = {
    'INVALID_ARGUMENT when empty': ['', status.INVALID_ARGUMENT, /^REQUEST_INVALID/],
    'INVALID_ARGUMENT when unknown': ['contract-data', status.INVALID_ARGUMENT, /^REQUEST_INVALID/],
    'INVALID_ARGUMENT when JSON of something else': ['{"a":1}', status.INVALID_ARGUMENT, /^REQUEST_INVALID/],
    'INVALID_ARGUMENT when cut off': [own({}).slice(0, 40), status.INVALID_ARGUMENT, /^REQUEST_INVALID/],
    'INVALID_ARGUMENT with an unknown key': [own({ colour: 1 }), status.INVALID_ARGUMENT, /^REQUEST_INVALID.*colour/],
    'INVALID_ARGUMENT with partitions, which only a request has': [
      own({ partitions: 2 }),
      status.INVALID_ARGUMENT,
      /partitions/,
    ],
    'INVALID_ARGUMENT without a network': [own({ network: undefined }), status.INVALID_ARGUMENT, /network/],
    'INVALID_ARGUMENT of another schema version': [
      own({ schema_version: '99' }),
      status.INVALID_ARGUMENT,
      /schema_version/,
    ],
    'FAILED_PRECONDITION of another network': [
      own({ network: 'elsewhere' }),
      status.FAILED_PRECONDITION,
      /^PASSPHRASE_MISMATCH.*elsewhere/,
    ],
  };
  for (const [what, [text, code, named]] of Object.entries(cases)) {
    test(what, async () => {
      const reading = await reader.read(text);
      assert.equal(reading.status, code, reading.text);
      assert.match(reading.text, named);
      assert.equal(reading.batches.length, 0);
    });
  }
});

test('a path that is no flight is NOT_FOUND', async () => {
  for (const path of [['contract', 'events'], ['nowhere'], []]) {
    const descriptor = encode('FlightDescriptor', { Type: 1, PathList: path });
    const { code, details } = await refusal(reader.unary('GetFlightInfo', descriptor));
    assert.equal(code, status.NOT_FOUND, `${path.join('/')}: ${details}`);
    assert.match(details, /^(FLIGHT|SESSION)_UNKNOWN: /);
  }
});

test('a descriptor of no type, and bytes that are no message, are INVALID_ARGUMENT', async () => {
  for (const bytes of [encode('FlightDescriptor', {}), Buffer.from([0xff, 0xff, 0xff]), Buffer.from([0x0a, 0x50])]) {
    const { code, details } = await refusal(reader.unary('GetFlightInfo', bytes));
    assert.equal(code, status.INVALID_ARGUMENT, details);
    assert.match(details, /^[A-Z_]+: /);
  }
});

test('unknown actions and uploads are UNIMPLEMENTED', async () => {
  const { code } = await refusal(reader.action('unheard-of', Buffer.alloc(0)));
  assert.equal(code, status.UNIMPLEMENTED);
  for (const method of ['DoPut', 'DoExchange']) {
    const call = reader.call(method, Buffer.alloc(0));
    const failure = await refusal(call.toArray());
    assert.equal(failure.code, status.UNIMPLEMENTED);
  }
});
