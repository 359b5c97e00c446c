import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { fileCleanup } from '../service/cleanup.js';
import { FlightReader } from '../service/flight-reader.js';
import { runService, type RunningService } from '../service/running-service.js';
import { expectedRows, simulatedSource, type SimulatedSource } from '../service/simulated-source.js';
import { NO_CHROMIUM, startChromium } from './chromium.js';

const cleanup = fileCleanup();
let browser: Browser;
let source: SimulatedSource;
let service: RunningService;

const LAST = 60;

before(async () => {
  if (NO_CHROMIUM !== false) return;
  browser = await startChromium(cleanup);
  source = await simulatedSource(cleanup);
  service = await runService(cleanup, source, { SOURCE_TOKEN: 'secret-of-the-source' });
  await new FlightReader(cleanup, service.ports.flight).readRange({ start_ledger: 1, end_ledger: LAST });
});

interface Seen {
  readonly page: Page;
  /** Errors that a developer would see in the console. */
  readonly faults: string[];
  /** Everything that the page asked for. */
  readonly requests: string[];
}

async function open(port: number, options: BrowserContextOptions = {}): Promise<Seen> {
  const page = await browser.newPage(options);
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`http://127.0.0.1:${port}/`);
  return { page, faults, requests };
}

const shows = async (page: Page, selector: string, text: string): Promise<void> => {
  await page.locator(selector, { hasText: text }).first().waitFor({ timeout: 30_000 });
};

const LOOKS = {
  'light, on a desk': { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  'dark, on a desk': { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  'on a phone, 400 px wide': { colorScheme: 'light', viewport: { width: 400, height: 800 } },
} as const satisfies Record<string, BrowserContextOptions>;

for (const [look, options] of Object.entries(LOOKS)) {
  test(`the page shows the pipeline: ${look}`, { skip: NO_CHROMIUM }, async () => {
    const { page, faults, requests } = await open(service.ports.health, options);
    const rows = expectedRows(1, LAST).length.toLocaleString('en');
    await shows(page, '[data-value="totals.rows"]', rows);
    await shows(page, '#health', 'healthy');
    await shows(page, '[data-value="ledgers.delivered"]', String(LAST));
    await page.locator('#charts canvas').nth(5).waitFor();

    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    const [red = 0] = /\d+/.exec(String(background))?.map(Number) ?? [];
    assert.equal(red < 128, options.colorScheme === 'dark', `background ${String(background)}`);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, 'too wide');
    const inked = `[...document.querySelectorAll('#charts canvas')].every((canvas) =>
      canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte !== 0))`;
    assert.equal(await page.evaluate(inked), true, 'an empty chart');

    assert.deepEqual(faults, []);
    const origin = `http://127.0.0.1:${service.ports.health}/`;
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(origin)),
      [],
    );
    await page.close();
  });
}

test('the configuration opens with secrets masked', { skip: NO_CHROMIUM }, async () => {
  const { page } = await open(service.ports.health);
  await page.locator('summary').click();
  await shows(page, '#configuration tr', 'SOURCE_TOKEN');
  const row = await page
    .locator('#configuration tr', { hasText: /^SOURCE_TOKEN\b(?!_)/ })
    .first()
    .innerText();
  assert.match(row, /\*\*\*/);
  assert.ok(!(await page.content()).includes('secret-of-the-source'));
  await page.close();
});

test('what comes from outside is text, never markup', { skip: NO_CHROMIUM }, async (t) => {
  const passphrase = '<img src=x onerror="document.title=1"> ; <b>net</b>';
  const other = await runService(t, source, { NETWORK_PASSPHRASE: passphrase });
  const { page, faults } = await open(other.ports.health);
  await shows(page, '[data-value="service.network"]', passphrase);
  assert.equal(await page.locator('main img, header b').count(), 0);
  assert.deepEqual(faults, []);
  await page.close();
});

test('with a token set, a browser that gives it as the password sees everything', { skip: NO_CHROMIUM }, async (t) => {
  const guarded = await runService(t, source, { HEALTH_TOKENS: 'look-at-this' });
  const { page } = await open(guarded.ports.health, { httpCredentials: { username: 'me', password: 'look-at-this' } });
  await shows(page, '#health', 'healthy');
  await page.locator('#charts canvas').first().waitFor();
  await page.close();
});

test('when the service is gone, the page says that its figures are old', { skip: NO_CHROMIUM }, async (t) => {
  const brief = await runService(t, source);
  const page = await browser.newPage();
  await page.clock.install();
  await page.goto(`http://127.0.0.1:${brief.ports.health}/`);
  await shows(page, '#health', 'healthy');
  await brief.stop();
  await page.clock.runFor(20_000);
  await shows(page, '#silence', 'No answer for');
  assert.equal(await page.evaluate('document.body.classList.contains("stale")'), true);
  await page.close();
});
