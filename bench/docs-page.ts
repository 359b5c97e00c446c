/** docs/benchmarks.md: one section per bench, each written by its own run and kept by the others'. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const FILE = 'docs/benchmarks.md';
const HEAD = '# Benchmarks\n\nWritten by `npm run bench -- --docs`; do not edit.\n';

/** Puts `text` under the heading `title`, in place of what was there. */
export function writeSection(title: string, text: string): void {
  writeFileSync(FILE, withSection(existsSync(FILE) ? readFileSync(FILE, 'utf8') : HEAD, title, text));
}

/** `page` with the section, behind the others if it is new. Sections begin with headings of the second level. */
export function withSection(page: string, title: string, text: string): string {
  const [, ...sections] = page.split(/^(?=## )/m);
  const section = `## ${title}\n\n${text.trimEnd()}\n`;
  const at = sections.findIndex((one) => one.startsWith(`## ${title}\n`));
  if (at === -1) sections.push(section);
  else sections[at] = section;
  return [HEAD, ...sections.map((one) => `${one.trimEnd()}\n`)].join('\n');
}
