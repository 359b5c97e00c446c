/**
 * A declared setting, and what follows from the declaration alone. One table of these ({@link SERVE_SETTINGS}) gives
 * validation, `--help`, docs/configuration.md and config.example.yaml.
 */
import type { Kind } from './kinds/kind.js';

export interface Setting {
  /** Environment variable, in upper case; the flag follows from it ({@link flagOf}). */
  readonly env: string;
  /** Place in the file: section and key with a dot between each. */
  readonly yaml: string;
  readonly kind: Kind<unknown>;
  /** As the environment would spell it. Without one the value is undefined unless given. */
  readonly default?: string | ComputedDefault;
  /** What it does, in one sentence. */
  readonly sentence: string;
  /** Never printed. */
  readonly secret?: boolean;
  /** The environment variable belongs to other programs too: what is no value of this kind there is not meant for us. */
  readonly sharedVariable?: boolean;
}

/** A default that depends on the machine. */
export interface ComputedDefault {
  readonly text: string;
  readonly compute: () => string;
}

/** Settings by the name their value has in code, which ends in the value's unit. */
export type Settings = Readonly<Record<string, Setting>>;

type ValueOf<S> = S extends { readonly kind: Kind<infer T> }
  ? S extends { readonly default: string | ComputedDefault }
    ? T
    : T | undefined
  : never;

/** The checked values of settings. */
export type Values<S extends Settings> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** `--grpc-address` for GRPC_ADDRESS. */
export function flagOf(setting: Setting): string {
  return `--${setting.env.toLowerCase().replaceAll('_', '-')}`;
}

/** The section of the file that a setting is in. */
export function sectionOf(setting: Setting): string {
  return setting.yaml.split('.')[0]!;
}

/** The default as documentation writes it; undefined where there is none. */
export function defaultText(setting: Setting): string | undefined {
  return typeof setting.default === 'object' ? setting.default.text : setting.default;
}
