/**
 * An orderly end: named steps, one after the other, along the way of the data.
 *
 *   begin ──── steps, gently ────┬── the rest, told to hurry ──┬── exit, whatever is left
 *   0                    timeout - reserve                  timeout
 *
 * - A step's signal aborts at the step's deadline, or when only the reserve is left: it then drops what it waits for.
 *   A step that does not end soon after is left behind. Every step is run, also the ones that begin late.
 * - The first SIGTERM or SIGINT begins; a second one exits at once.
 * - Exit code: the given one; 1 where that is 0 but a step failed or was left behind, or on a second signal.
 */
import { type Clock, systemClock } from './clock.js';
import type { Logger } from './logger.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Time for steps to end in once told to hurry: this share of the timeout, at most so long. */
const RESERVE_SHARE = 0.1;
const MAX_RESERVE_MS = 2000;

/** How long a step may take to notice that it should hurry. */
const HURRY_MS = 500;

/** Ends one part of the service. Once `signal` aborts it should stop waiting and release what it holds. */
export type ShutdownStep = (signal: AbortSignal) => Promise<void> | void;

export interface ShutdownOptions {
  /** For all steps together. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** Ends the process. */
  readonly exit: (code: number) => void;
  readonly clock?: Clock;
}

/** The part of `process` that signals come from. */
export interface SignalEmitter {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

interface NamedStep {
  readonly name: string;
  readonly deadlineMs: number;
  readonly run: ShutdownStep;
}

export class Shutdown {
  private readonly timeoutMs: number;
  private readonly logger: Logger;
  private readonly exit: (code: number) => void;
  private readonly clock: Clock;
  private readonly steps: NamedStep[] = [];
  private ending: Promise<number> | undefined;

  constructor(options: ShutdownOptions) {
    this.timeoutMs = options.timeoutMs;
    this.logger = options.logger;
    this.exit = options.exit;
    this.clock = options.clock ?? systemClock;
  }

  /** Adds a step that runs after those added before it. `deadlineMs` bounds it more tightly than the whole. */
  step(name: string, run: ShutdownStep, deadlineMs = Infinity): void {
    this.steps.push({ name, run, deadlineMs });
  }

  /** Begins on the first signal that `emitter` emits. Returns a function that stops listening. */
  listen(emitter: SignalEmitter): () => void {
    const stops = SIGNALS.map((signal) => {
      const listener = (): void => this.onSignal(signal);
      emitter.on(signal, listener);
      return () => emitter.off(signal, listener);
    });
    return () => stops.forEach((stop) => stop());
  }

  /** Runs the steps and exits; resolves with the exit code. Later calls join the first. Never rejects. */
  begin(reason: string, exitCode = 0): Promise<number> {
    this.ending ??= this.run(reason, exitCode);
    return this.ending;
  }

  private onSignal(signal: string): void {
    if (this.ending === undefined) {
      void this.begin(signal);
      return;
    }
    this.logger.warn({ signal }, 'second signal: exiting at once');
    this.exit(1);
  }

  private async run(reason: string, exitCode: number): Promise<number> {
    const begunMs = this.clock.now();
    const hurryFromMs = begunMs + this.timeoutMs - Math.min(MAX_RESERVE_MS, this.timeoutMs * RESERVE_SHARE);
    this.logger.info({ reason, timeoutMs: this.timeoutMs }, 'shutting down');
    const cancelExit = this.clock.after(this.timeoutMs, () => {
      this.logger.error({ timeoutMs: this.timeoutMs }, 'shutdown timed out: exiting');
      this.exit(exitCode === 0 ? 1 : exitCode);
    });

    let isClean = true;
    for (const step of this.steps) {
      const outcome = await this.runStep(step, hurryFromMs);
      if (outcome !== 'done') isClean = false;
    }
    cancelExit();

    const code = exitCode === 0 && !isClean ? 1 : exitCode;
    this.logger.info({ exitCode: code, durationMs: Math.round(this.clock.now() - begunMs) }, 'shut down');
    this.exit(code);
    return code;
  }

  private async runStep(step: NamedStep, hurryFromMs: number): Promise<'done' | 'failed' | 'left behind'> {
    const begunMs = this.clock.now();
    const hurry = new AbortController();
    const cancels: (() => void)[] = [];
    const leftBehind = new Promise<'left behind'>((resolve) => {
      const tellToHurry = (): void => {
        hurry.abort(new Error(`shutdown step ${step.name} is out of time`));
        cancels.push(this.clock.after(HURRY_MS, () => resolve('left behind')));
      };
      const gentleMs = Math.min(step.deadlineMs, hurryFromMs - begunMs);
      if (gentleMs <= 0) tellToHurry();
      else cancels.push(this.clock.after(gentleMs, tellToHurry));
    });
    let error: unknown;
    const ended = Promise.resolve()
      .then(() => step.run(hurry.signal))
      .then(
        () => 'done' as const,
        (reason: unknown) => {
          error = reason;
          return 'failed' as const;
        },
      );

    const outcome = await Promise.race([ended, leftBehind]);
    for (const cancel of cancels) cancel();
    const fields = {
      step: step.name,
      hurried: hurry.signal.aborted,
      durationMs: Math.round(this.clock.now() - begunMs),
    };
    if (outcome === 'done') this.logger.info(fields, 'shutdown step done');
    else if (outcome === 'failed') this.logger.error({ ...fields, err: error }, 'shutdown step failed');
    else this.logger.error(fields, 'shutdown step did not end and was left behind');
    return outcome;
  }
}
