/** docs/configuration.md, from the settings. */
import { BACKFILL_SETTINGS } from './backfill-settings.js';
import { CONSUME_SETTINGS } from './consume-settings.js';
import { SECTION_TITLES } from './options.js';
import { SERVE_SETTINGS } from './serve-settings.js';
import { defaultText, flagOf, sectionOf, type Setting, type Settings } from './setting.js';

const INTRODUCTION = `# Configuration

Written from the code by \`npm run docs\`; do not edit.

\`serve\`, \`consume\` and \`backfill\` take each setting as a flag, an environment variable or a key of the YAML file given with
\`--config\`; a flag goes before the environment, the environment before the file, and the file before the default.
[config.example.yaml](../config.example.yaml) has every key; one file can serve all commands.

- **Checked at start.** All faults are reported at once. Unknown flags and file keys are errors; an unknown environment
  variable that is nearly a known one is warned about. An empty environment variable counts as absent.
- **duration**: \`10s\`, \`1m30s\`, \`1.5h\`, \`500ms\` (Go's spelling), or plain milliseconds.
- **size**: \`8MiB\`, \`512KiB\`, \`1GiB\`, or plain bytes.
- **address**: \`host:port\`, \`[::1]:port\`; \`:port\` listens on every interface, and dials this machine.
- **list**: commas between members, spaces around them do not count; a flag may be given again, the file takes a YAML list.
- **boolean**: \`true\`, \`false\`, \`1\`, \`0\`; as a flag also \`--flag\` and \`--no-flag\`.
`;

const SHARED = 'The variable belongs to other programs too: what does not fit there is ignored.';

/** A setting is described where it is first declared; other commands that take it as it stands name it. */
const COMMANDS: readonly { readonly name: string; readonly settings: Settings }[] = [
  { name: 'serve', settings: SERVE_SETTINGS },
  { name: 'consume', settings: CONSUME_SETTINGS },
  { name: 'backfill', settings: BACKFILL_SETTINGS },
];

export function configurationPage(): string {
  return [INTRODUCTION, ...COMMANDS.flatMap((_, i) => settingsOf(i))].join('\n');
}

function settingsOf(command: number): string[] {
  const { name, settings } = COMMANDS[command]!;
  const described = new Set<Setting>();
  const shared: string[] = [];
  for (const before of COMMANDS.slice(0, command)) {
    const theirs = Object.values(before.settings).filter((setting) => !described.has(setting));
    const both = Object.values(settings).filter((setting) => theirs.includes(setting));
    if (both.length > 0) shared.push(`as \`${before.name}\` does: ${both.map(({ env }) => `\`${env}\``).join(', ')}`);
    theirs.forEach((setting) => described.add(setting));
  }
  const own = Object.values(settings).filter((setting) => !described.has(setting));
  const beside =
    shared.length === 0
      ? []
      : [`Beside these, \`${name}\` takes the following ${shared.join('; and the following ')}.\n`];
  return [`## Settings of ${name}\n`, ...beside, ...sections(own)];
}

function sections(settings: readonly Setting[]): string[] {
  const names = new Set(settings.map(sectionOf));
  return [...names].map((name) => section(name, settings));
}

function section(name: string, settings: readonly Setting[]): string {
  const rows = settings
    .filter((setting) => sectionOf(setting) === name)
    .map((setting) => {
      const { env, yaml, kind, sentence, secret, sharedVariable } = setting;
      const type = kind.bounds === undefined ? kind.name : `${kind.name}: ${kind.bounds}`;
      const fallback = defaultText(setting);
      const cells = [
        `\`${env}\``,
        `\`${flagOf(setting)}\``,
        `\`${yaml}\``,
        type,
        fallback === undefined || fallback === ''
          ? ''
          : typeof setting.default === 'object'
            ? fallback
            : `\`${fallback}\``,
        [sentence, secret && 'Secret: never printed.', sharedVariable && SHARED].filter(Boolean).join(' '),
      ];
      return `| ${cells.join(' | ')} |`;
    });
  return [
    `### ${SECTION_TITLES[name] ?? name}`,
    '',
    '| environment | flag | file | type | default | meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
