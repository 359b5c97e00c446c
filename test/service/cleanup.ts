/** What ends the things that a test starts. */
import { after } from 'node:test';

/** A test's context is one. */
export interface Cleanup {
  after(run: () => Promise<void> | void): void;
}

/** For what a file's tests share: ended after the last of them, the latest first. Call it at the top of the file. */
export function fileCleanup(): Cleanup {
  const runs: (() => Promise<void> | void)[] = [];
  after(async () => {
    for (const run of runs.reverse()) await run();
  });
  return { after: (run) => void runs.push(run) };
}
