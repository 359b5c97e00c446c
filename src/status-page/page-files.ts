/** The page's own files and the chart library, read once and served from here: the page needs nothing from elsewhere. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pages, Reply } from '../ops/http-server.js';

/** Sources, since these files are shipped as they are written: relative to the compiled file. */
const PAGE_FOLDER = fileURLToPath(new URL('../../../src/status-page/browser/', import.meta.url));

/**
 * Everything from this server, nothing inline, nothing framed.
 * https://www.w3.org/TR/CSP3/
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Throws where a file is missing, which only a broken installation can be the reason of. */
export function pageFiles(): Pages {
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
  const files: Readonly<Record<string, string>> = {
    '/': join(PAGE_FOLDER, 'index.html'),
    '/status/colours.css': join(PAGE_FOLDER, 'colours.css'),
    '/status/page.css': join(PAGE_FOLDER, 'page.css'),
    '/status/narrow.css': join(PAGE_FOLDER, 'narrow.css'),
    '/status/page.js': join(PAGE_FOLDER, 'page.js'),
    '/status/charts.js': join(PAGE_FOLDER, 'charts.js'),
    '/status/figures.js': join(PAGE_FOLDER, 'figures.js'),
    '/status/icon.svg': join(PAGE_FOLDER, 'icon.svg'),
    '/status/uplot.js': join(uplot, 'uPlot.esm.js'),
    '/status/uplot.css': join(uplot, 'uPlot.min.css'),
  };
  return new Map(
    Object.entries(files).map(([path, file]) => {
      const reply: Reply = {
        status: 200,
        contentType: CONTENT_TYPES[file.split('.').at(-1)!]!,
        body: readFileSync(file, 'utf8'),
        headers: { 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Referrer-Policy': 'no-referrer' },
      };
      return [path, () => reply] as const;
    }),
  );
}
