/**
 * Settings from their sources: flags, then environment, then file, then defaults. Each value is checked once, here, and
 * every fault is found before any is reported.
 */
import { ProcessorError } from '../../workers/errors.js';
import type { RawValue } from './kinds/kind.js';
import { nearMiss } from './near-miss.js';
import { flagOf, type Setting, type Settings, type Values } from './setting.js';
import type { YamlFile } from './yaml-file.js';

export type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface SettingSources {
  /** By the settings' names in code; undefined where a flag is not given. */
  readonly flags: Readonly<Record<string, RawValue | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: YamlFile | undefined;
}

/** Checked values and where each came from. */
export interface ReadSettings<S extends Settings> {
  readonly values: Values<S>;
  readonly origins: Readonly<Record<keyof S, Origin>>;
  /** About what was ignored. */
  readonly warnings: readonly string[];
}

/** What several values break together: one fault each. */
export type CrossCheck<S extends Settings> = (values: Values<S>) => readonly string[];

/** Throws one ProcessorError that lists all faults. */
export function readSettings<const S extends Settings>(
  settings: S,
  sources: SettingSources,
  crossCheck: CrossCheck<S> = () => [],
): ReadSettings<S> {
  const faults = [...(sources.file?.faults ?? [])];
  const faultyKeys: string[] = [];
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const candidate = candidateOf(name, setting, sources);
    origins[name] = candidate.origin;
    if (candidate.raw === undefined) {
      values[name] = undefined;
      continue;
    }
    const parsed = setting.kind.parse(candidate.raw);
    if ('value' in parsed) {
      values[name] = parsed.value;
    } else {
      const found = setting.secret === true ? 'something else' : JSON.stringify(parsed.misfit.found);
      faults.push(`${candidate.label}: ${parsed.misfit.expected} expected, ${found} found`);
      faultyKeys.push(setting.env);
    }
  }
  // Checks across values assume that each value is what its type says.
  if (faults.length === 0) faults.push(...crossCheck(values as Values<S>));
  if (faults.length > 0) throw configInvalid(faults, faultyKeys[0]);
  return {
    values: Object.freeze(values) as Values<S>,
    origins: Object.freeze(origins) as Record<keyof S, Origin>,
    warnings: environmentWarnings(settings, sources.env),
  };
}

interface Candidate {
  readonly origin: Origin;
  /** How the source names the setting, for errors. */
  readonly label: string;
  readonly raw: RawValue | undefined;
}

function candidateOf(name: string, setting: Setting, { flags, env, file }: SettingSources): Candidate {
  const flag = flags[name];
  if (flag !== undefined) return { origin: 'flag', label: flagOf(setting), raw: flag };

  const variable = env[setting.env];
  if (variable !== undefined && isMeantForUs(setting, variable)) {
    return { origin: 'environment', label: setting.env, raw: variable };
  }
  const inFile = file?.values.get(setting.yaml);
  if (inFile !== undefined) return { origin: 'file', label: `${setting.yaml} in ${file!.path}`, raw: inFile };

  const fallback = typeof setting.default === 'object' ? setting.default.compute() : setting.default;
  return { origin: 'default', label: `default of ${setting.env}`, raw: fallback };
}

/** An empty variable is as good as none: Compose files pass on what is not set as empty. */
function isMeantForUs(setting: Setting, variable: string): boolean {
  if (variable.trim() === '') return false;
  return setting.sharedVariable !== true || 'value' in setting.kind.parse(variable);
}

/** The environment is shared with other programs, so an unknown name is only worth a warning, and only when it is near. */
function environmentWarnings(settings: Settings, env: SettingSources['env']): string[] {
  const known = Object.values(settings).map((setting) => setting.env);
  return Object.keys(env).flatMap((name) => {
    const meant = known.includes(name) ? undefined : nearMiss(name, known);
    return meant === undefined ? [] : [`environment variable ${name} is not known and was ignored (${meant}?)`];
  });
}

function configInvalid(faults: readonly string[], key: string | undefined): ProcessorError {
  const message = faults.length === 1 ? faults[0]! : `${faults.length} faults:\n  ${faults.join('\n  ')}`;
  return new ProcessorError('CONFIG_INVALID', message, key === undefined ? {} : { key });
}
