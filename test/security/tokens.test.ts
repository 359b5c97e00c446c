import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProcessorError } from '../../workers/errors.js';
import { bearerToken, shownCredentials } from '../../src/security/credentials-header.js';
import { Tokens } from '../../src/security/tokens.js';
import { secretFiles } from './secret-files.js';

const fileKey = 'FLIGHT_TOKENS_FILE';

test('any of several tokens is accepted, anything else and nothing is not', () => {
  const tokens = new Tokens({ tokens: ['old-token', 'new-token'], fileKey });
  for (const valid of ['old-token', 'new-token']) assert.ok(tokens.accepts(valid));
  for (const other of ['', 'old-toke', 'old-token ', 'OLD-TOKEN', 'old-token,new-token', undefined]) {
    assert.equal(tokens.accepts(other), false, String(other));
  }
});

test('without tokens everybody may pass', () => {
  const tokens = new Tokens({ tokens: [], fileKey });
  assert.equal(tokens.areRequired, false);
  assert.ok(tokens.accepts(undefined));
});

test('a file of tokens is read again when it changes: the old one goes, the new one is valid', (t) => {
  let now = 0;
  const file = secretFiles(t)('# two lines\n\n  first-token  \nsecond-token\r\n');
  const tokens = new Tokens({ tokens: ['fixed-token'], file, fileKey }, () => now);
  for (const valid of ['fixed-token', 'first-token', 'second-token']) assert.ok(tokens.accepts(valid), valid);
  assert.equal(tokens.accepts('# two lines'), false);

  writeFileSync(file, 'third-token');
  now += 2_000;
  assert.ok(tokens.accepts('third-token') && tokens.accepts('fixed-token'));
  assert.equal(tokens.accepts('first-token'), false);
});

test('a file that is emptied or lost neither opens the door nor shuts everybody out', (t) => {
  let now = 0;
  const file = secretFiles(t)('first-token');
  const tokens = new Tokens({ tokens: [], file, fileKey }, () => now);
  for (const spoil of [() => writeFileSync(file, '\n'), () => rmSync(file)]) {
    spoil();
    now += 2_000;
    assert.ok(tokens.accepts('first-token'));
    assert.equal(tokens.accepts(''), false);
    assert.equal(tokens.accepts(undefined), false);
  }
});

test('a file without tokens, or none at all, is refused at the start, by its key', (t) => {
  for (const file of [secretFiles(t)('# nothing\n'), '/nowhere/tokens']) {
    assert.throws(
      () => new Tokens({ tokens: [], file, fileKey }),
      (error) => error instanceof ProcessorError && error.code === 'CONFIG_INVALID' && error.message.includes(fileKey),
    );
  }
});

test('a token comes out of a Bearer header, and as the password of a Basic one, whatever the case of the scheme', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9\-._~+/]{1,40}=*$/);
  const user = fc.string({ unit: 'grapheme' }).filter((name) => !name.includes(':'));
  fc.assert(
    fc.property(token, user, fc.constantFrom('bearer', 'Bearer', 'BEARER'), (secret, name, scheme) => {
      assert.equal(bearerToken(`${scheme} ${secret}`), secret);
      const basic = `basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
      assert.deepEqual(shownCredentials(basic), { scheme: 'basic', token: secret });
      assert.equal(bearerToken(basic), undefined);
    }),
  );
  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Digest abc', 'Basic bm9jb2xvbg==', 'token']) {
    assert.equal(shownCredentials(header), undefined, header);
  }
});
