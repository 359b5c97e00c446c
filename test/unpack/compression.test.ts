import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { detectCompression } from '../../workers/unpack/compression.js';
import { unpack } from '../../workers/unpack/unpack.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { packed, skippableFrame } from '../support/zstd.js';

test('compression is told by the first bytes', () => {
  assert.equal(detectCompression(packed(Buffer.from('ledger'))), 'zstd');
  for (let nibble = 0; nibble < 16; nibble += 1) {
    assert.equal(detectCompression(skippableFrame(Buffer.from('x'), nibble)), 'zstd');
  }
  assert.equal(detectCompression(gzipSync('ledger')), 'gzip');
});

test('too few bytes, or others, are no compression', () => {
  for (const hex of ['', '1f', '28', '28b5', '28b52f', '28b52ffe', '4f2a4d18', '602a4d18', '00000001', '8b1f0800']) {
    assert.equal(detectCompression(Buffer.from(hex, 'hex')), undefined, hex);
  }
});

test('plain ledgers are returned as they are, whatever the bound', { skip: skipWithoutCorpus }, () => {
  for (const { name } of corpusLedgers()) {
    const bytes = readCorpus(`${name}.xdr`);
    assert.equal(unpack(bytes, { maxBytes: 1 }), bytes);
  }
});
