import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fileOf, layoutOfKey, ledgersOfKey } from '../../src/lake/lake-layout.js';
import { keyOf } from './lake-folder.js';

test('objects have the names that public lakes give them', () => {
  const public1 = { ledgersPerFile: 1, filesPerPartition: 64_000 };
  assert.equal(fileOf(public1, 53_312_000).stem, 'FCD285FF--53312000-53375999/FCD285FF--53312000');
  assert.equal(fileOf({ ...public1, filesPerPartition: 1 }, 53_312_000).stem, 'FCD285FF--53312000');
  assert.deepEqual(fileOf({ ledgersPerFile: 64, filesPerPartition: 10 }, 2_000), {
    stem: 'FFFFF87F--1920-2559/FFFFF83F--1984-2047',
    first: 1_984,
    last: 2_047,
  });
  assert.equal(fileOf({ ledgersPerFile: 64, filesPerPartition: 1 }, 5).stem, 'FFFFFFFF--0-63');
});

const layouts = fc.record({
  ledgersPerFile: fc.constantFrom(1, 2, 8, 64, 100),
  filesPerPartition: fc.constantFrom(1, 10, 64_000),
});

test('each ledger is looked for in the object that the grammar says, and the name tells it back', () => {
  fc.assert(
    fc.property(layouts, fc.integer({ min: 1, max: 4_000_000_000 }), (layout, ledger) => {
      const { stem, first, last } = fileOf(layout, ledger);
      assert.equal(`${stem}.xdr.zst`, keyOf(ledger, layout));
      assert.ok(first <= ledger && ledger <= last);
      assert.equal(last - first + 1, layout.ledgersPerFile);
      for (const suffix of ['xdr.zst', 'xdr.zstd', 'xdr.gz']) {
        const key = keyOf(ledger, layout, suffix);
        assert.deepEqual({ ...layoutOfKey(key) }, { ...layout });
        assert.equal(ledgersOfKey(key)?.last, last);
      }
    }),
  );
});

test('other files of a lake are not taken for objects', () => {
  const others = [
    '.config.json',
    'FCD285FF--53312000.xdr.zst.tmp',
    'FCD285FE--53312000.xdr.zst',
    'README.md',
    'FCD285FF--53312000-53375999/.FCD285FF--53312000.xdr.zst.tmp',
  ];
  for (const key of others) assert.equal(layoutOfKey(key), undefined, key);
});
