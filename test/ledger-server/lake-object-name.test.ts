import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLakeObjectName } from '../../src/ledger-server/lake-object-name.js';

test('names of data lake objects give their ledgers and compression', () => {
  const names = ['FCD285FF--53312000.xdr.zst', 'FFFFFFFF--0-63.xdr.zstd', 'FFFFFFBF--64-127.xdr.gz'];
  assert.deepEqual(names.map(parseLakeObjectName), [
    { first: 53312000, last: 53312000, compression: 'zstd' },
    { first: 0, last: 63, compression: 'zstd' },
    { first: 64, last: 127, compression: 'gzip' },
  ]);
});

test('other names are not taken for such', () => {
  const names = [
    'ledger-5.xdr.zst',
    'FCD285FE--53312000.xdr.zst',
    'FFFFFFBF--64-63.xdr.zst',
    'FFFFFFBF--64.xdr',
    '.xdr',
  ];
  for (const name of names) assert.equal(parseLakeObjectName(name), undefined, name);
});
