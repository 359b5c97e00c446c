/** Wakes whoever waits for something to have changed. What has changed is for them to look up. */
export class Bell {
  private readonly listeners = new Set<() => void>();

  ring(): void {
    for (const listener of [...this.listeners]) listener();
  }

  /** Resolves at the next ring, to true, or after `ms`, to false. */
  heardWithin(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (wasRung: boolean): void => {
        this.listeners.delete(listener);
        clearTimeout(timer);
        resolve(wasRung);
      };
      const listener = (): void => done(true);
      const timer = setTimeout(done, ms, false);
      this.listeners.add(listener);
    });
  }

  heard(): Promise<void> {
    return new Promise((resolve) => {
      const listener = (): void => {
        this.listeners.delete(listener);
        resolve();
      };
      this.listeners.add(listener);
    });
  }
}
