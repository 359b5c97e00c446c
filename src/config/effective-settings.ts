/** The configuration in force, fit to be printed: secrets masked, the origin of each value beside it. */
import type { Origin, ReadSettings } from './read-settings.js';
import type { Setting, Settings } from './setting.js';

export const MASK = '***';

export interface EffectiveSetting {
  /** The environment variable's name, by which a setting is known everywhere. */
  readonly key: string;
  /** Empty where a setting has no value. */
  readonly value: string;
  readonly origin: Origin;
}

export function effectiveSettings<S extends Settings>(settings: S, read: ReadSettings<S>): EffectiveSetting[] {
  return Object.entries(settings).map(([name, setting]) => {
    return { key: setting.env, value: shownValue(setting, read.values[name]), origin: read.origins[name]! };
  });
}

/** A value as it may be printed. */
export function shownValue(setting: Setting, value: unknown): string {
  const text = value === undefined ? '' : setting.kind.show(value);
  return setting.secret === true && text !== '' ? MASK : text;
}

/** One line per setting: `GRPC_ADDRESS=:8815 (default)`. */
export function effectiveText(settings: readonly EffectiveSetting[]): string {
  return settings.map(({ key, value, origin }) => `${key}=${value} (${origin})\n`).join('');
}
