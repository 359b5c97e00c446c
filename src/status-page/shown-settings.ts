/** The configuration as the status page shows it: secrets masked, long lists cut. */
import { shownValue } from '../config/effective-settings.js';
import type { Setting, Settings } from '../config/setting.js';

export interface ShownSetting {
  readonly key: string;
  readonly value: string;
  /** Whether it is what it would be had nobody set it. */
  readonly is_default: boolean;
}

const MAX_VALUE_LENGTH = 200;

export function shownSettings(settings: Settings, values: Readonly<Record<string, unknown>>): ShownSetting[] {
  return Object.entries(settings).map(([name, setting]) => {
    const value = shownValue(setting, values[name]);
    return {
      key: setting.env,
      value: value.length > MAX_VALUE_LENGTH ? `${value.slice(0, MAX_VALUE_LENGTH)}…` : value,
      is_default: value === shownDefault(setting),
    };
  });
}

function shownDefault(setting: Setting): string {
  const text = typeof setting.default === 'object' ? setting.default.compute() : setting.default;
  if (text === undefined) return '';
  const parsed = setting.kind.parse(text);
  return 'value' in parsed ? shownValue(setting, parsed.value) : text;
}
