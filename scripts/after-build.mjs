// What tsc leaves to do: npm links `bin` to the program, so that it must be executable; and the program says which commit
// it was built from. In an image there is no .git: SOURCE_COMMIT gives it there.
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

chmodSync(new URL('../dist/src/main.js', import.meta.url), 0o755);
const commit = process.env.SOURCE_COMMIT || commitOfClone();
writeFileSync(new URL('../dist/src/build.json', import.meta.url), JSON.stringify(commit ? { commit } : {}));

function commitOfClone() {
  try {
    const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
    // A folder without .git may lie within some other clone.
    if (git('rev-parse', '--show-toplevel') !== root.replace(/\/$/, '')) return undefined;
    return git('describe', '--always', '--dirty', '--exclude', '*');
  } catch {
    return undefined;
  }
}
