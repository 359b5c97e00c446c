/**
 * Durations, in milliseconds once read: whole milliseconds (`5000`) or what Go's time.ParseDuration takes (`1m30s`,
 * `1.5h`, `500ms`), without a sign. Parts of a millisecond are rounded.
 */
import { type Kind, scalarKind } from './kind.js';

const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3, // U+00B5, micro sign
  μs: 1e-3, // U+03BC, Greek mu
  ns: 1e-6,
};

const PART = /(\d+\.?\d*|\.\d+)(ms|us|µs|μs|ns|h|m|s)/g;
const WHOLE = new RegExp(`^(?:${PART.source})+$`);

/** A duration within bounds, which are written as durations are; keep them below 24 days, where timers overflow. */
export function duration(lowest: string, highest: string): Kind<number> {
  const lowestMs = durationMs(lowest)!;
  const highestMs = durationMs(highest)!;
  return scalarKind({
    name: 'duration',
    bounds: `${lowest} to ${highest}`,
    expected: `a duration from ${lowest} to ${highest} (such as 10s, 1m30s, 500ms, or plain milliseconds)`,
    read: (raw) => {
      const ms = typeof raw === 'boolean' ? undefined : durationMs(String(raw));
      return ms !== undefined && ms >= lowestMs && ms <= highestMs ? ms : undefined;
    },
    show: durationText,
  });
}

/** Milliseconds of a duration, or undefined where `text` is none. */
export function durationMs(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (!WHOLE.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * UNIT_MS[unit!]!;
  return Math.round(ms);
}

/** The shortest spelling with Go's units. */
export function durationText(ms: number): string {
  let rest = ms;
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms']) {
    const count = Math.floor(rest / UNIT_MS[unit]!);
    rest -= count * UNIT_MS[unit]!;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
