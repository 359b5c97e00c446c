/** A Chromium of this machine, for tests that look at pages. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { type Browser, chromium } from 'playwright-core';
import type { Cleanup } from '../service/cleanup.js';

const CANDIDATES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const found = CANDIDATES.find((path) => path !== undefined && existsSync(path));

/** Why tests of pages are left out; false where there is a Chromium. */
export const NO_CHROMIUM = found === undefined && 'no Chromium found; install one, or name it in CHROMIUM';

export async function startChromium(cleanup: Cleanup): Promise<Browser> {
  // Root, as in containers, has no sandbox; what is looked at is our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: found!, args });
  cleanup.after(() => browser.close());
  return browser;
}
