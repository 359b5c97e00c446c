/** Command line options made from settings, and the values given with them. */
import { type Command, Option } from 'commander';
import type { RawValue } from './kinds/kind.js';
import { defaultText, flagOf, sectionOf, type Setting, type Settings } from './setting.js';

/** Headings of `--help` and the documentation, by section of the file. */
export const SECTION_TITLES: Readonly<Record<string, string>> = {
  processor: 'Service',
  consumer: 'Consumer',
  backfill: 'Backfill',
  database: 'PostgreSQL',
  source: 'Source',
  flight: 'Flight security',
  grpc: 'Control plane security',
  health: 'Health port security',
  limits: 'Limits',
  filters: 'Rows',
  flowctl: 'Registration with flowctl',
  log: 'Log',
};

/** Adds `--config` and one option per setting. Read them with {@link flagValues} and `command.opts().config`. */
export function addSettingOptions(command: Command, settings: Settings): Command {
  command.addOption(new Option('--config <file>', 'YAML file with settings; flags and environment go before it'));
  for (const setting of Object.values(settings)) {
    command.addOption(optionOf(setting));
    // Commander gives a negated option the default true, unless the option it negates was there first.
    if (setting.kind.form === 'switch') {
      command.addOption(new Option(flagOf(setting).replace('--', '--no-'), '').hideHelp());
    }
  }
  return command;
}

/** The flags given to `command`, by the settings' names in code. */
export function flagValues(command: Command, settings: Settings): Record<string, RawValue | undefined> {
  const given = command.opts<Record<string, RawValue | undefined>>();
  return Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [name, given[optionOf(setting).attributeName()]]),
  );
}

function optionOf(setting: Setting): Option {
  const argument = setting.kind.form === 'switch' ? '[boolean]' : `<${setting.kind.name.split(' ').at(-1)!}>`;
  const facts = [`env ${setting.env}`];
  if (setting.kind.bounds !== undefined) facts.unshift(setting.kind.bounds);
  const fallback = defaultText(setting);
  if (fallback !== undefined && fallback !== '') facts.push(`default ${fallback}`);
  const option = new Option(`${flagOf(setting)} ${argument}`, `${setting.sentence} (${facts.join('; ')})`);
  option.helpGroup(`${SECTION_TITLES[sectionOf(setting)] ?? sectionOf(setting)}:`);
  if (setting.kind.form === 'list') {
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}
