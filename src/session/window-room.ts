/**
 * Room in a session's window: for a batch that has none, its session waits, until readers have taken what may then go, or
 * the session is told to stop. While it waits, slow readers are found out.
 */
import { Bell } from './bell.js';
import type { SlowReaders } from './slow-readers.js';
import type { Window } from './window.js';
import type { WindowMemory } from './window-memory.js';

export class WindowRoom {
  private readonly window: Window;
  private readonly memory: WindowMemory;
  private readonly slowReaders: SlowReaders;
  private readonly bell = new Bell();
  private isNeeded = false;

  constructor(window: Window, memory: WindowMemory, slowReaders: SlowReaders) {
    this.window = window;
    this.memory = memory;
    this.slowReaders = slowReaders;
  }

  /** A batch waits for room. */
  get isWaitedFor(): boolean {
    return this.isNeeded;
  }

  /** Resolves when there is room for `bytes`, or `isStopping` is true. */
  async waitFor(bytes: number, isStopping: () => boolean): Promise<void> {
    while (!this.window.makeRoom(bytes, this.memory.capacityBytes) && !isStopping()) {
      this.isNeeded = true;
      this.slowReaders.judge(true);
      await this.bell.heard();
    }
    this.isNeeded = false;
    this.slowReaders.judge(false);
  }

  /** To be called when the place of a reader has changed. */
  readersMoved(): void {
    this.slowReaders.judge(this.isNeeded);
    this.bell.ring();
  }

  /** To be called when the session is to stop. */
  stopped(): void {
    this.bell.ring();
  }
}
