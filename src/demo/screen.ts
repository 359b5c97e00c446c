/**
 * Where the demo is seen. On a terminal the status is redrawn in place below the lines printed so far, with colours
 * unless NO_COLOR is set; elsewhere it is a plain line now and then.
 */
import { cursorTo, clearScreenDown, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** What can be written to: standard output, a terminal or not. */
export type Output = Pick<NodeJS.WritableStream, 'write'> &
  Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

/** What goes on, as lines for a terminal or as one for a file. */
export interface Status {
  readonly lines: readonly string[];
  readonly brief: string;
}

const REDRAW_EVERY_MS = 200;
const LINE_EVERY_MS = 2_000;
const DEFAULT_COLUMNS = 80;

export class Screen {
  private readonly output: Output;
  private readonly isTerminal: boolean;
  private readonly hasColours: boolean;
  private drawnLines = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(output: Output) {
    this.output = output;
    this.isTerminal = output.isTTY === true;
    // Node.js knows NO_COLOR, and terminals without colours.
    this.hasColours = this.isTerminal && output.hasColors?.() === true;
  }

  /** Prints a line that stays. */
  print(line = ''): void {
    this.erase();
    this.output.write(`${line}\n`);
  }

  /** `text` in a style, where colours are to be had. */
  paint(style: Style, text: string): string {
    // Newer Node.js would look at standard output once more.
    return this.hasColours ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Shows what `status` says, again and again, until {@link settle}. */
  follow(status: () => Status): void {
    this.settle();
    this.timer = setInterval(() => this.show(status()), this.isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS);
  }

  /** Ends the following, and takes the status off a terminal. */
  settle(): void {
    clearInterval(this.timer);
    this.erase();
  }

  private show({ lines, brief }: Status): void {
    if (!this.isTerminal) {
      this.print(brief);
      return;
    }
    this.erase();
    // A line that wraps would be two, and the cursor come back to the wrong one. Some terminals say 0 columns.
    const { columns = 0 } = this.output;
    const width = (columns > 0 ? columns : DEFAULT_COLUMNS) - 1;
    for (const line of lines) this.output.write(`${line.slice(0, width)}\n`);
    this.drawnLines = lines.length;
  }

  private erase(): void {
    if (this.drawnLines === 0) return;
    const terminal = this.output as NodeJS.WritableStream;
    moveCursor(terminal, 0, -this.drawnLines);
    cursorTo(terminal, 0);
    clearScreenDown(terminal);
    this.drawnLines = 0;
  }
}
