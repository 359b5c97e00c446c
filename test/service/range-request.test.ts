import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StrKey } from '@stellar/stellar-base';
import fc from 'fast-check';
import {
  parseRangeCommand,
  parseRangeTicket,
  partitionRange,
  rangeTicket,
  type RequestDefaults,
} from '../../src/request/range-request.js';

const NETWORK = 'Test SDF Network ; September 2015';
const DEFAULTS: RequestDefaults = {
  networkPassphrase: NETWORK,
  batchRows: 700,
  onBadLedger: 'fail',
  filters: { contract_ids: [], asset_codes: ['USDC'], asset_issuers: [], include_deleted: false },
  knownAssets: [],
};

describe('partitions', () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 100_000 }));
  test('cover the range once, begin at multiples of 64, and are of like size', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: 1, max: 64 }), ([start, more], partitions) => {
        const end = Math.min(2 ** 32 - 1, start + more);
        const { range: whole } = parseRangeCommand(JSON.stringify({ start_ledger: start, end_ledger: end }), DEFAULTS);
        const parts = partitionRange(whole, partitions);
        assert.ok(parts.length >= 1 && parts.length <= partitions);
        assert.deepEqual([parts[0]!.startLedger, parts.at(-1)!.endLedger], [start, end]);
        parts.slice(1).forEach((part, i) => {
          assert.equal(part.startLedger, parts[i]!.endLedger + 1);
          assert.equal(part.startLedger % 64, 0);
        });
        const sizes = parts.map((part) => part.endLedger - part.startLedger + 1);
        const fair = (end - start + 1) / partitions;
        assert.ok(
          sizes.every((size) => size >= 1 && size <= fair + 128),
          sizes.join(),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('a ticket', () => {
  const contract = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((id) => StrKey.encodeContract(Buffer.from(id)));
  const account = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((id) => StrKey.encodeEd25519PublicKey(Buffer.from(id)));
  const request = fc.record(
    {
      start_ledger: fc.integer({ min: 1, max: 1_000 }),
      end_ledger: fc.integer({ min: 1_000, max: 9_000 }),
      batch_size: fc.integer({ min: 0, max: 1_000_000 }),
      compact: fc.boolean(),
      int_types: fc.constantFrom('signed', 'unsigned'),
      columns: fc.constantFrom(['all'], ['default'], ['balance', 'contract_id']),
      known_assets: fc.array(
        account.map((issuer) => `USDC:${issuer}`),
        { maxLength: 2 },
      ),
      filters: fc.record(
        {
          contract_ids: fc.array(contract, { maxLength: 3 }),
          asset_issuers: fc.array(account, { maxLength: 2 }),
          min_balance: fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }).map(String),
          modified_after_ledger: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
          changed_only: fc.boolean(),
          include_deleted: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['start_ledger'] },
  );

  test('says all of its request, so that another service with other defaults reads the same from it', () => {
    const other: RequestDefaults = { ...DEFAULTS, batchRows: 9, filters: { include_deleted: true }, knownAssets: [] };
    fc.assert(
      fc.property(request, fc.uuid(), fc.nat(63), (json, id, index) => {
        const { range } = parseRangeCommand(JSON.stringify(json), DEFAULTS);
        const ticket = rangeTicket(range, id, index);
        const { range: read, queryId, partition } = parseRangeTicket(ticket, other);
        assert.deepEqual([read, queryId, partition], [range, id, index]);
        assert.equal(rangeTicket(read, id, index), ticket);
      }),
      { numRuns: 200 },
    );
  });

  test('of equal requests is equal, in whatever order their keys stand', () => {
    fc.assert(
      fc.property(request, (json) => {
        const turned = Object.fromEntries(Object.entries(json).reverse());
        const tickets = [json, turned].map((one) =>
          rangeTicket(parseRangeCommand(JSON.stringify(one), DEFAULTS).range, 'id', 0),
        );
        assert.equal(tickets[0], tickets[1]);
      }),
      { numRuns: 100 },
    );
  });

  test('that leaves batch_size out, or at 0, has a size that can be worked with', () => {
    for (const batchSize of [{}, { batch_size: 0 }]) {
      const json = { start_ledger: 1, network: NETWORK, schema_version: '1', ...batchSize };
      const { range } = parseRangeTicket(`cd1:${JSON.stringify(json)}`, DEFAULTS);
      assert.equal(range.decode.batchRows, 700);
    }
  });
});

test('configured filters fill in what a request leaves out, and nothing that it names', () => {
  const filtersOf = (filters?: object, table = 'contract_data'): unknown =>
    parseRangeCommand(JSON.stringify({ start_ledger: 1, table, ...(filters && { filters }) }), DEFAULTS).range.decode
      .filters;
  assert.deepEqual(filtersOf(), { assetCodes: ['USDC'], includeDeleted: false });
  assert.deepEqual(filtersOf({ include_deleted: true }), { assetCodes: ['USDC'], includeDeleted: true });
  assert.deepEqual(filtersOf({ asset_codes: ['EURC'] }), { assetCodes: ['EURC'], includeDeleted: false });
  assert.deepEqual(filtersOf({ asset_codes: [] }), { includeDeleted: false });
  assert.deepEqual(filtersOf(undefined, 'ttl'), { includeDeleted: false });
});
