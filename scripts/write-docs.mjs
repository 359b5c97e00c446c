// Writes the pages that come from code: `node scripts/write-docs.mjs [folder of the compiled code, else dist]`.
// Tests compare them, so that code and documentation cannot part.
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compiled = resolve(root, process.argv[2] ?? 'dist');

const PAGES = [
  { file: 'docs/columns.md', module: 'src/docs/columns-page.js', page: 'columnsPage' },
  { file: 'docs/errors.md', module: 'src/docs/errors-page.js', page: 'errorsPage' },
  { file: 'docs/configuration.md', module: 'src/config/configuration-page.js', page: 'configurationPage' },
  { file: 'config.example.yaml', module: 'src/config/example-file.js', page: 'exampleFile' },
  { file: 'docs/metrics.md', module: 'src/ops/metrics-page.js', page: 'metricsPage' },
];

for (const { file, module, page } of PAGES) {
  const exports = await import(pathToFileURL(join(compiled, module)).href);
  writeFileSync(join(root, file), exports[page]());
  console.log(file);
}
