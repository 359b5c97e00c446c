/** The version of this program, from its package. */
import { readFileSync } from 'node:fs';
import { buildCommit } from '../ops/build-commit.js';

const MANIFEST = new URL('../../../package.json', import.meta.url);

export function programVersion(): string {
  return (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version;
}

/** For people: the version with the commit it was built from, as `0.1.0 (1a2b3c4)`. */
export function versionText(): string {
  const commit = buildCommit();
  return commit === undefined ? programVersion() : `${programVersion()} (${commit})`;
}
