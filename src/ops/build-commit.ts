/** The commit that this program was built from, as far as the build knew it (scripts/after-build.mjs). */
import { readFileSync } from 'node:fs';

const BUILD_FACTS = new URL('../build.json', import.meta.url);

/** Abbreviated; undefined where the program was built outside a clone, without SOURCE_COMMIT. */
export function buildCommit(): string | undefined {
  try {
    return (JSON.parse(readFileSync(BUILD_FACTS, 'utf8')) as { commit?: string }).commit;
  } catch {
    // Compiled by tsc alone: there is no such file.
    return undefined;
  }
}
