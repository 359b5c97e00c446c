/** Files of certificates, keys and tokens, as configurations name them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../service/cleanup.js';

/** What writes a new file and returns its path; the files go with the test or test file that `cleanup` is of. */
export function secretFiles(cleanup: Cleanup): (contents: Buffer | string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'secret-files-'));
  cleanup.after(() => rmSync(folder, { recursive: true }));
  let files = 0;
  return (contents) => {
    files += 1;
    const path = join(folder, `file-${files}`);
    writeFileSync(path, contents);
    return path;
  };
}
