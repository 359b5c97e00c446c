import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withSection } from '../../bench/docs-page.js';

const PAGE = '# Benchmarks\n\nOld words.\n\n## Decoding\n\nfast\n\n### a table\n\n| a |\n\n## End to end\n\nslow\n';

test('a section takes the place of its former self, and the others stay', () => {
  const page = withSection(PAGE, 'Decoding', 'faster\n\n');
  assert.match(page, /^# Benchmarks\n\n.*do not edit.\n\n## Decoding\n\nfaster\n\n## End to end\n\nslow\n$/);
});

test('a new section goes behind the others', () => {
  const page = withSection(PAGE, 'Start', 'soon');
  assert.match(page, /### a table\n\n\| a \|\n\n## End to end\n\nslow\n\n## Start\n\nsoon\n$/);
});

test('writing the same section twice changes nothing', () => {
  const once = withSection('', 'Decoding', 'fast');
  assert.equal(withSection(once, 'Decoding', 'fast'), once);
});
