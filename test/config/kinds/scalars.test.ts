import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Networks } from '@stellar/stellar-base';
import { byteSize } from '../../../src/config/kinds/byte-size.js';
import { boolean, choice, integer, network, port, text } from '../../../src/config/kinds/scalars.js';

test("booleans are spelt as for Go's ParseBool, in any case", () => {
  for (const raw of ['true', 'TRUE', 'True', 't', 'T', '1', true, 1])
    assert.deepEqual(boolean.parse(raw), { value: true });
  for (const raw of ['false', 'FALSE', 'f', '0', false, 0]) assert.deepEqual(boolean.parse(raw), { value: false });
  for (const raw of ['yes', 'on', '', '2', 2, ['true']]) assert.ok('misfit' in boolean.parse(raw), JSON.stringify(raw));
});

test('whole numbers keep to their bounds and are not guessed from other spellings', () => {
  const rows = integer('rows', 1, 1000);
  assert.deepEqual(rows.parse('1'), { value: 1 });
  assert.deepEqual(rows.parse(' 1000 '), { value: 1000 });
  assert.deepEqual(rows.parse(7), { value: 7 });
  for (const raw of ['0', '1001', '1.5', 1.5, '1e2', '0x10', '-1', '', 'ten', true, NaN]) {
    assert.ok('misfit' in rows.parse(raw), JSON.stringify(raw));
  }
  assert.deepEqual(rows.parse('0'), {
    misfit: { expected: 'a whole number of rows from 1 to 1000', found: '0' },
  });
});

test('a port is from 0 to 65535', () => {
  assert.deepEqual(port.parse('0'), { value: 0 });
  assert.deepEqual(port.parse(65_535), { value: 65_535 });
  for (const raw of ['65536', ':80', '', -1]) assert.ok('misfit' in port.parse(raw), JSON.stringify(raw));
});

test('names of networks stand for their passphrases, and other text is a passphrase', () => {
  assert.deepEqual(network.parse('public'), { value: Networks.PUBLIC });
  assert.deepEqual(network.parse('Testnet'), { value: Networks.TESTNET });
  assert.deepEqual(network.parse('futurenet'), { value: Networks.FUTURENET });
  assert.deepEqual(network.parse('standalone'), { value: Networks.STANDALONE });
  assert.deepEqual(network.parse(Networks.PUBLIC), { value: Networks.PUBLIC });
  assert.deepEqual(network.parse('My own network ; 2026'), { value: 'My own network ; 2026' });
  assert.ok('misfit' in network.parse(''));
});

test('sizes have binary units or none', () => {
  const size = byteSize('1KiB', '1GiB');
  for (const [raw, bytes] of [
    ['8MiB', 8_388_608],
    ['8 mib', 8_388_608],
    ['512KiB', 524_288],
    ['1GiB', 1_073_741_824],
    ['1024', 1024],
    [4096, 4096],
  ] as const) {
    assert.deepEqual(size.parse(raw), { value: bytes });
  }
  for (const raw of ['8MB', '8M', '1.5MiB', '1023', '2GiB', '', 'MiB', true]) {
    assert.ok('misfit' in size.parse(raw), JSON.stringify(raw));
  }
  assert.equal(size.show(8_388_608), '8MiB');
  assert.equal(size.show(1025), '1025');
});

test('a choice is one of its words, spelt as it is', () => {
  const kind = choice('fail', 'quarantine');
  assert.deepEqual(kind.parse('fail'), { value: 'fail' });
  for (const raw of ['Fail', '', true]) assert.ok('misfit' in kind.parse(raw));
});

test('text is not empty, and not a number that YAML has changed already', () => {
  assert.deepEqual(text('directory').parse(' ./here '), { value: './here' });
  for (const raw of ['', '  ', 7, true, ['a']])
    assert.ok('misfit' in text('directory').parse(raw), JSON.stringify(raw));
});
