/** The version of this program, from its package. */
import { readFileSync } from 'node:fs';

const MANIFEST = new URL('../../../package.json', import.meta.url);

export function programVersion(): string {
  return (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version;
}
