import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keypair, StrKey } from '@stellar/stellar-base';
import { accounts, assetCodes, contractIds, knownAssets } from '../../../src/config/kinds/row-list.js';

const contract = StrKey.encodeContract(Buffer.alloc(32, 1));
const other = StrKey.encodeContract(Buffer.alloc(32, 2));
const issuer = Keypair.fromRawEd25519Seed(Buffer.alloc(32, 3)).publicKey();

test('lists are trimmed, and flags given again add to them', () => {
  assert.deepEqual(contractIds.parse(` ${contract} , ${other},,`), { value: [contract, other] });
  assert.deepEqual(contractIds.parse([contract, ` ${other} `]), { value: [contract, other] });
  assert.deepEqual(contractIds.parse([`${contract},${other}`, contract]), { value: [contract, other, contract] });
  assert.deepEqual(contractIds.parse(''), { value: [] });
});

test('the member that is wrong is named', () => {
  const damaged = `${contract.slice(0, -1)}${contract.endsWith('A') ? 'B' : 'A'}`;
  assert.equal(StrKey.isValidContract(damaged), false);
  assert.deepEqual(contractIds.parse(`${other},${damaged}`), {
    misfit: { expected: 'a list of contract ids (C… strkeys)', found: damaged },
  });
});

test('each list knows its members', () => {
  assert.deepEqual(accounts.parse(issuer), { value: [issuer] });
  assert.ok('misfit' in accounts.parse(contract));
  assert.deepEqual(assetCodes.parse('USDC, native'), { value: ['USDC', 'native'] });
  assert.ok('misfit' in assetCodes.parse('THIRTEENCHARS'));
  assert.deepEqual(knownAssets.parse(`USDC:${issuer}`), { value: [`USDC:${issuer}`] });
  assert.ok('misfit' in knownAssets.parse('USDC'));
  assert.ok('misfit' in knownAssets.parse(`USDC:${contract}`));
});

test('a YAML number in a list is refused: 007 would have become 7', () => {
  assert.ok('misfit' in assetCodes.parse([7]));
  assert.ok('misfit' in assetCodes.parse(7));
});
