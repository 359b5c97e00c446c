import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Asset, StrKey, type xdr } from '@stellar/stellar-base';
import fc from 'fast-check';
import { requestedLedger, requestedRows } from '../support/checked-rows.js';
import * as entries from '../support/contract-entries.js';
import {
  ASSET_INFO,
  assetContract,
  assetInstance,
  balanceKey,
  balanceValue,
  created,
  data,
  id,
  keyOf,
  removed,
  restored,
  state,
  symbol,
  u32,
  updated,
} from '../support/contract-entries.js';
import { buildLedger, type Changes } from '../support/ledger-builder.js';

const ASSETS = [entries.credit('USDC', 50), entries.credit('EURC', 51), Asset.native()];
const CONTRACTS = [...ASSETS.map(assetContract), id(1), id(2)];
const HOLDERS = [id(100), id(101)];
const CODES = ['USDC', 'EURC', 'native', 'XYZ'];
const ISSUERS = [50, 51, 52].map((n) => StrKey.encodeEd25519PublicKey(id(n)));

/** Values that a key holds one after the other; an asset's instance never loses its asset info. */
interface Subject {
  readonly at: (value: xdr.ScVal) => xdr.LedgerEntry;
  readonly values: fc.Arbitrary<xdr.ScVal>;
}

const contract = fc.constantFrom(...CONTRACTS);
const amount = fc.oneof(fc.bigInt({ min: -5n, max: 200n }), fc.constantFrom(2n ** 63n, 2n ** 127n - 1n));
const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({ contract, holder: fc.constantFrom(...HOLDERS) }).map(({ contract: of, holder }) => ({
    at: (val: xdr.ScVal) => data({ contract: of, key: balanceKey(holder), val }),
    values: fc.oneof({ weight: 4, arbitrary: amount.map(balanceValue) }, { weight: 1, arbitrary: fc.constant(u32(1)) }),
  })),
  fc.constantFrom(...ASSETS).map((asset) => {
    const info = assetInstance(asset).data().contractData().val().instance().storage()![0]!.val();
    const executable = entries.stellarAssetExecutable();
    return {
      at: (val: xdr.ScVal) => data({ contract: assetContract(asset), key: entries.INSTANCE_KEY, val }),
      values: fc.nat(3).map((n) => entries.instanceValue(executable, [symbol('n'), u32(n)], [ASSET_INFO, info])),
    };
  }),
  contract.map((of) => ({
    at: (val: xdr.ScVal) => data({ contract: of, key: symbol('k'), val }),
    values: fc.nat(3).map(u32),
  })),
);

type End = 'removed' | 'removed without pre-image' | 'restored and removed' | 'evicted' | 'evicted entry';

interface Life {
  readonly created: xdr.LedgerEntry;
  readonly last: xdr.LedgerEntry;
  readonly end: End;
}

const life: fc.Arbitrary<Life> = subject.chain(({ at, values }) =>
  fc.record({
    created: values.map(at),
    last: values.map(at),
    end: fc.constantFrom<End>(
      'removed',
      'removed without pre-image',
      'restored and removed',
      'evicted',
      'evicted entry',
    ),
  }),
);

function lastChanges({ last, end }: Life): Changes {
  switch (end) {
    case 'removed':
      return [state(last), removed(last)];
    case 'removed without pre-image':
      return [removed(last)];
    case 'restored and removed':
      return [restored(last), removed(last)];
    case 'evicted':
    case 'evicted entry':
      return [];
  }
}

function ledgerOfLives(lives: readonly Life[]): Buffer {
  return buildLedger({
    version: 1,
    transactions: [
      { operations: lives.map((of) => [created(of.created)]) },
      { operations: lives.map((of) => [state(of.created), updated(of.last)]) },
      { operations: lives.map(lastChanges) },
    ],
    evictedKeys: lives.filter(({ end }) => end === 'evicted').map(({ last }) => keyOf(last)),
    evictedEntries: lives.filter(({ end }) => end === 'evicted entry').map(({ last }) => last),
  });
}

const some = <T>(...of: T[]): fc.Arbitrary<T[]> => fc.subarray(of, { minLength: 1 });
const filters = {
  contract_ids: some(...CONTRACTS.map((of) => StrKey.encodeContract(of))),
  balance_holders: some(...HOLDERS.map((of) => StrKey.encodeContract(of))),
  asset_codes: some(...CODES),
  asset_issuers: some(...ISSUERS),
  min_balance: amount.map(String),
};
/** Few at a time: all together pass hardly a row. */
const request = fc.record({
  known_assets: fc.subarray(['USDC:', 'EURC:'].map((code, i) => code + ISSUERS[i]!)),
  filters: fc
    .tuple(fc.record(filters), fc.subarray(Object.keys(filters), { minLength: 1, maxLength: 2 }))
    .map(([all, kept]) => Object.fromEntries(Object.entries(all).filter(([name]) => kept.includes(name)))),
});

test('no filter lets a creation pass and its deletion vanish, nor moves or changes a row', () => {
  let deletionsOfPassed = 0;
  const lives = fc.array(life, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(lives, request, (of, { filters: asked, known_assets }) => {
      const ledger = ledgerOfLives(of);
      const all = requestedRows(ledger, { known_assets });
      const { rows, skipped } = requestedLedger(ledger, { known_assets, filters: asked });
      assert.equal(skipped, all.length - rows.length);

      const passed = new Set(rows.map((row) => row.change_index));
      const keysCreated = new Set(
        rows.filter(({ change_type }) => change_type === 'created').map((row) => row.ledger_key_hash),
      );
      for (const row of all.filter(
        ({ deleted, ledger_key_hash }) => deleted === true && keysCreated.has(ledger_key_hash),
      )) {
        deletionsOfPassed += 1;
        assert.ok(passed.has(row.change_index), `${String(row.change_type)} row of a key whose creation passed`);
      }
      // An asset that the filters alone make known adds its columns to rows, so compare the others.
      const stripped = (row: Record<string, unknown>): unknown =>
        Object.entries(row).filter(([name]) => !name.startsWith('asset_'));
      assert.deepEqual(rows.map(stripped), all.filter((row) => passed.has(row.change_index)).map(stripped));
    }),
    { numRuns: 300 },
  );
  assert.ok(deletionsOfPassed > 100, `only ${deletionsOfPassed} deletions were put to the test`);
});
