import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ProcessorError } from '../../workers/errors.js';
import { createLogger, type LoggerOptions } from '../../src/ops/logger.js';

type Line = Record<string, unknown> & { readonly err?: Record<string, unknown> };

function capture(options: Partial<LoggerOptions> = {}): { logger: ReturnType<typeof createLogger>; lines: Line[] } {
  const lines: Line[] = [];
  const output = { write: (text: string) => lines.push(JSON.parse(text) as Line) };
  return { logger: createLogger({ level: 'info', output, ...options }), lines };
}

test('each line is JSON with a readable time and level, and the fields of its child', () => {
  const { logger, lines } = capture({ fields: { version: '1.2.3' } });
  logger.child({ component: 'source' }).info({ ledger: 7, stream: 'q1' }, 'ledger received');
  const { time, ...rest } = lines[0]!;
  assert.deepEqual(rest, {
    level: 'info',
    version: '1.2.3',
    component: 'source',
    ledger: 7,
    stream: 'q1',
    msg: 'ledger received',
  });
  assert.equal(new Date(time as string).toISOString(), time);
});

test('the level decides, and DEBUG lowers it but never raises it', () => {
  const levelOf = (options: Partial<LoggerOptions>): string => capture(options).logger.level;
  assert.equal(levelOf({ level: 'warn' }), 'warn');
  assert.equal(levelOf({ level: 'warn', debug: true }), 'debug');
  assert.equal(levelOf({ level: 'trace', debug: true }), 'trace');
  const { logger, lines } = capture({ level: 'warn' });
  logger.info('not written');
  logger.warn('written');
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['written'],
  );
});

test('secrets are masked in the first levels of what is logged', () => {
  const { logger, lines } = capture();
  logger.info(
    { token: 'hunter2', config: { password: 'hunter2' }, call: { headers: { authorization: 'Bearer hunter2' } } },
    'x',
  );
  assert.ok(!JSON.stringify(lines).includes('hunter2'));
  assert.equal(lines[0]!.token, '***');
  const child = capture();
  child.logger.child({ secret: 'hunter2' }).info('x');
  assert.ok(!JSON.stringify(child.lines).includes('hunter2'));
});

test('an error is logged with its code, its place and its cause', () => {
  const { logger, lines } = capture();
  const cause = new Error('the bytes ran out');
  logger.error(
    { err: new ProcessorError('LEDGER_INVALID', 'ledger 7 is cut short', { ledger: 7, offset: 12 }, cause) },
    'x',
  );
  const { err } = lines[0]!;
  assert.equal(err!.code, 'LEDGER_INVALID');
  assert.deepEqual(err!.place, { ledger: 7, offset: 12 });
  assert.match(err!.stack as string, /the bytes ran out/);
});

test('the log goes to standard error, whole even when the process is killed', () => {
  const module = new URL('../../src/ops/logger.js', import.meta.url).href;
  const script = `const { createLogger } = await import(${JSON.stringify(module)});
    const logger = createLogger({ level: 'info' });
    for (let i = 0; i < 100; i++) logger.info({ i }, 'line');
    process.kill(process.pid, 'SIGKILL');`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(run.signal, 'SIGKILL', run.stderr);
  assert.equal(run.stdout, '');
  assert.equal(run.stderr.trimEnd().split('\n').length, 100);
});
