import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJsonText } from '../../src/request/json-text.js';
import { ProcessorError } from '../../workers/errors.js';

const isInvalid = (error: unknown): boolean =>
  error instanceof ProcessorError && error.code === 'REQUEST_INVALID' && error.message.startsWith('the ticket');

test('JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      assert.deepEqual(parseJsonText(text, 'the ticket'), JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test('what JSON.parse refuses is REQUEST_INVALID, also where it is YAML', () => {
  for (const text of [
    '',
    'a: 1',
    '{a: 1}',
    "{'a': 1}",
    '{"a": 1,}',
    '# text',
    '- 1',
    '{"a": 1} {"b": 2}',
    '\ufeff{}',
  ]) {
    assert.throws(() => parseJsonText(text, 'the ticket'), isInvalid, text);
  }
});

test('a key given twice is REQUEST_INVALID, however it is written and wherever it stands', () => {
  const key = fc.string({ unit: 'grapheme', maxLength: 8 });
  const escaped = (text: string): string =>
    Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
  fc.assert(
    fc.property(key, fc.jsonValue({ maxDepth: 1 }), fc.boolean(), fc.nat(3), (name, value, isEscaped, depth) => {
      const again = isEscaped ? `"${escaped(name)}"` : JSON.stringify(name);
      let text = `{${JSON.stringify(name)}: ${JSON.stringify(value)}, ${again}: 1}`;
      for (let i = 0; i < depth; i += 1) text = i % 2 === 0 ? `{"in": ${text}}` : `[0, ${text}]`;
      assert.throws(() => parseJsonText(text, 'the ticket'), isInvalid, text);
    }),
    { numRuns: 300 },
  );
});

test('the same key in different objects is no key given twice', () => {
  const text = '{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}';
  assert.deepEqual(parseJsonText(text, 'the ticket'), JSON.parse(text));
});
