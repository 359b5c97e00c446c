import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

// This file runs from <output folder>/test/xdr.
const root = new URL('../../../', import.meta.url);
const isInstalled = existsSync(new URL('scripts/generate/node_modules', root));
const skip = isInstalled ? false : 'the generator is not installed (npm ci in scripts/generate)';

test('skip.generated.ts is what the generator writes', { skip }, async () => {
  const generator = (await import(new URL('scripts/generate/generate.mjs', root).href)) as {
    generate(): Promise<string>;
  };
  const committed = readFileSync(new URL('workers/xdr/skip.generated.ts', root), 'utf8');
  // Not assert.equal: its difference of two texts of 100 kB takes minutes.
  assert.ok((await generator.generate()) === committed, 'out of date: run npm run generate');
});
