import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Output, Screen } from '../../src/demo/screen.js';

const ESCAPE = '\u001b';
const STATUS = { lines: ['first line', 'second line'], brief: 'brief line' };

class Recorded {
  text = '';

  write(chunk: string | Uint8Array): boolean {
    this.text += String(chunk);
    return true;
  }
}

/** A terminal as node:tty has it, with or without colours. */
function terminal(columns: number, hasColours = true): Recorded & Output {
  return Object.assign(new Recorded(), { isTTY: true, columns, hasColors: () => hasColours });
}

/** What a terminal shows of `text`: only the movements that node:readline makes are known. */
function shown(text: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  for (const [token] of text.matchAll(/\u001b\[\d*[A-Z]|\n|[^\u001b\n]+/g)) {
    if (token === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (token === `${ESCAPE}[0J`) lines.splice(row, Infinity, '');
    else if (token.startsWith(ESCAPE)) row -= token.endsWith('A') ? Number(/\d+/.exec(token)?.[0]) : 0;
    else lines[row] = token;
  }
  return lines;
}

test('a terminal shows the latest status below the lines that stay, and none of it in the end', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const output = terminal(80);
  const screen = new Screen(output);
  screen.print('title');
  let draws = 0;
  screen.follow(() => ({ ...STATUS, lines: [`draw ${(draws += 1)}`, 'second line'] }));
  t.mock.timers.tick(600);
  assert.deepEqual(shown(output.text), ['title', 'draw 3', 'second line', '']);
  screen.print('a warning');
  assert.deepEqual(shown(output.text), ['title', 'a warning', '']);
  t.mock.timers.tick(200);
  screen.settle();
  assert.deepEqual(shown(output.text), ['title', 'a warning', '']);
});

test('lines are cut before they wrap, also on a terminal that says it has no columns', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  for (const [columns, width] of [
    [40, 39],
    [0, 79],
  ] as const) {
    const output = terminal(columns);
    const screen = new Screen(output);
    screen.follow(() => ({ ...STATUS, lines: ['x'.repeat(200)] }));
    t.mock.timers.tick(200);
    assert.equal(output.text, `${'x'.repeat(width)}\n`);
    screen.settle();
  }
});

test('what is not a terminal gets a plain line now and then', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const output = new Recorded();
  const screen = new Screen(output);
  screen.follow(() => STATUS);
  t.mock.timers.tick(4000);
  screen.settle();
  screen.print(screen.paint('bold', 'end'));
  assert.equal(output.text, 'brief line\nbrief line\nend\n');
});

test('colours are for terminals that have them', () => {
  assert.equal(new Screen(terminal(80)).paint('bold', 'x'), `${ESCAPE}[1mx${ESCAPE}[22m`);
  assert.equal(new Screen(terminal(80, false)).paint('bold', 'x'), 'x');
});
