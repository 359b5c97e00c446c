import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { columnsPage } from '../../src/docs/columns-page.js';
import { errorsPage } from '../../src/docs/errors-page.js';

for (const [file, page] of [
  ['docs/columns.md', columnsPage],
  ['docs/errors.md', errorsPage],
] as const) {
  test(`${file} is what the code says (npm run docs writes it)`, () => {
    assert.equal(readFileSync(file, 'utf8'), page());
  });
}
