/**
 * Readers that keep others waiting. One that stands still by itself only makes the session wait: it is slow when the
 * session cannot go on because of it while another reader has everything there is.
 */
import { slowReader } from './endings.js';
import type { SessionReader } from './session-reader.js';
import type { Window } from './window.js';

export class SlowReaders {
  private readonly window: Window;
  private readonly readers: ReadonlySet<SessionReader>;
  private readonly timeoutMs: number;
  private readonly onSlow: (reader: SessionReader) => void;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    window: Window,
    readers: ReadonlySet<SessionReader>,
    timeoutMs: number,
    onSlow: (reader: SessionReader) => void,
  ) {
    this.window = window;
    this.readers = readers;
    this.timeoutMs = timeoutMs;
    this.onSlow = onSlow;
  }

  /** To be told of every change. `needsRoom`: the session has a batch that the window has no room for. */
  judge(needsRoom: boolean): void {
    const someoneWaits = needsRoom && [...this.readers].some(({ cursor }) => this.window.isIdle(cursor));
    if (!someoneWaits) {
      clearTimeout(this.timer);
      this.timer = undefined;
    } else {
      this.timer ??= setTimeout(() => this.detachSlow(), this.timeoutMs);
    }
  }

  private detachSlow(): void {
    this.timer = undefined;
    for (const reader of [...this.readers].filter(({ cursor }) => this.window.isLast(cursor))) {
      this.onSlow(reader);
      reader.detach(slowReader(this.timeoutMs, reader.resumeFrom));
    }
  }
}
