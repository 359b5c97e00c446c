/** config.example.yaml, from the settings: every key with its default; keys without a fixed default are commented out. */
import { BACKFILL_SETTINGS } from './backfill-settings.js';
import { CONSUME_SETTINGS } from './consume-settings.js';
import { SERVE_SETTINGS } from './serve-settings.js';
import { defaultText, type Setting, type Settings } from './setting.js';

const HEAD = `# Every setting of \`contract-data-processor serve --config FILE\`; in the sections consumer and database of \`consume\`,
# and in the section backfill of \`backfill\`; with its default. docs/configuration.md has the bounds, and what the commands share.
# Written from the code by \`npm run docs\`; do not edit.
`;

export function exampleFile(): string {
  const lines: string[] = [];
  let open: readonly string[] = [];
  for (const setting of everyKey()) {
    const path = setting.yaml.split('.');
    const sections = path.slice(0, -1);
    const shared = sections.findIndex((name, depth) => open[depth] !== name);
    for (let depth = shared === -1 ? sections.length : shared; depth < sections.length; depth++) {
      if (depth === 0) lines.push('');
      lines.push(`${indent(depth)}${sections[depth]!}:`);
    }
    open = sections;
    const margin = indent(sections.length);
    lines.push(`${margin}# ${setting.sentence}`, `${margin}${entry(path.at(-1)!, setting)}`);
  }
  return `${HEAD}${lines.join('\n')}\n`;
}

/** As the first command declares it that has the key. */
function everyKey(): Setting[] {
  const keys = new Map<string, Setting>();
  for (const settings of [SERVE_SETTINGS, CONSUME_SETTINGS, BACKFILL_SETTINGS] satisfies Settings[]) {
    for (const setting of Object.values<Setting>(settings)) {
      if (!keys.has(setting.yaml)) keys.set(setting.yaml, setting);
    }
  }
  return [...keys.values()];
}

function entry(key: string, setting: Setting): string {
  if (setting.default === undefined) return `# ${key}:`;
  if (typeof setting.default === 'object') return `# ${key}: (${defaultText(setting)!})`;
  if (setting.kind.form === 'list') return `${key}: []`;
  // What YAML may read as something other than text is quoted.
  const isPlain = /^[A-Za-z0-9]+$/.test(setting.default);
  return `${key}: ${isPlain ? setting.default : `'${setting.default.replaceAll("'", "''")}'`}`;
}

function indent(depth: number): string {
  return '  '.repeat(depth);
}
