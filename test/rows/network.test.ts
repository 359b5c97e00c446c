import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Asset, hash, StrKey } from '@stellar/stellar-base';
import fc from 'fast-check';
import { KnownAssets, knownAssetsOf } from '../../workers/rows/known-assets.js';
import { Network } from '../../workers/rows/network.js';
import { credit, id } from '../support/contract-entries.js';

const PASSPHRASES = [
  'Public Global Stellar Network ; September 2015',
  'Test SDF Network ; September 2015',
  '',
  'ünïcode',
];
const code = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/);
const issuer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));

test('contract ids of assets derive as stellar-base derives them, on every network', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PASSPHRASES), code, issuer, (passphrase, text, key) => {
      const network = new Network(passphrase);
      const asset = new Asset(text, StrKey.encodeEd25519PublicKey(key));
      const derived = network.creditContractId(Buffer.from(text), key);
      assert.equal(StrKey.encodeContract(derived), asset.contractId(passphrase));
    }),
  );
});

test('the native contract and the network id are those of the passphrase', () => {
  for (const passphrase of PASSPHRASES) {
    const network = new Network(passphrase);
    assert.deepEqual(network.id, hash(Buffer.from(passphrase)));
    assert.equal(StrKey.encodeContract(network.nativeContractId), Asset.native().contractId(passphrase));
  }
});

test('a known asset is found by its contract id alone, wherever that stands', () => {
  const passphrase = PASSPHRASES[1]!;
  const usdc = credit('USDC', 1);
  const assets = [{ code: 'USDC', issuer: usdc.getIssuer() }];
  const known = new KnownAssets(new Network(passphrase), assets);
  const bytes = Buffer.concat([id(9), StrKey.decodeContract(usdc.contractId(passphrase)), id(8)]);
  assert.deepEqual(known.ofContract(bytes, 32), {
    type: 'credit_alphanum4',
    code: 'USDC',
    issuer: usdc.getIssuer(),
    contractId: usdc.contractId(passphrase),
  });
  for (const at of [0, 31, 33, 64]) assert.equal(known.ofContract(bytes, at), undefined);
  assert.equal(new KnownAssets(new Network(PASSPHRASES[0]!), assets).ofContract(bytes, 32), undefined);
});

test('filters make every code × issuer known, beside what is configured', () => {
  const [a, b] = [credit('A', 1).getIssuer(), credit('A', 2).getIssuer()];
  const configured = [{ code: 'C', issuer: a }];
  const named = knownAssetsOf(configured, { assetCodes: ['A', 'native', 'B'], assetIssuers: [a, b] });
  assert.deepEqual(
    new Set(named.map(({ code: of, issuer: by }) => `${of}:${by}`)),
    new Set([`C:${a}`, `A:${a}`, `A:${b}`, `B:${a}`, `B:${b}`]),
  );
  assert.deepEqual(knownAssetsOf(configured, { assetCodes: ['A'] }), configured);
});
