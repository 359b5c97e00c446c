/** What went wrong lately, for people who look at the status page: warnings and errors of the log, and changes of health. */
import type { Level } from 'pino';
import type { ComponentHealth, Health } from '../ops/health.js';
import type { Logger } from '../ops/logger.js';

export interface RecentEvent {
  /** ISO 8601. */
  readonly at: string;
  /** `info` where something is well again. */
  readonly level: NotedLevel | 'info';
  readonly message: string;
  /** Error code, ledgers and the like, as far as the log line has them. */
  readonly place: Readonly<Record<string, string | number>>;
  /** How often it came, one after the other; `at` is the last time. */
  readonly times: number;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const satisfies readonly Level[];
const NOTED_LEVELS = ['warn', 'error', 'fatal'] as const;
type NotedLevel = (typeof NOTED_LEVELS)[number];

/** What is logged: fields and a message, or a message alone. */
type Words = readonly [fieldsOrMessage: unknown, message?: string];

const LEVEL_OF = { degraded: 'warn', unavailable: 'error', dead: 'fatal' } as const;

/** Fields that say where; others may hold what a page should not show. */
const SHOWN_FIELDS = ['code', 'ledger', 'table', 'session', 'start_ledger', 'end_ledger', 'resume_from', 'offset'];
const MAX_EVENTS = 50;
const MAX_MESSAGE_LENGTH = 500;
const MAX_FIELD_LENGTH = 100;

export class RecentEvents {
  private readonly newestFirst: RecentEvent[] = [];

  /** Newest first. */
  get events(): readonly RecentEvent[] {
    return this.newestFirst;
  }

  /** `logger`, whose warnings and errors are noted on their way, whether its level lets them pass or not. */
  watch(logger: Logger): Logger {
    const methods = LEVELS.map((level) => {
      const write = logger[level];
      const noted = NOTED_LEVELS.find((one) => one === level);
      const note = (...words: Words): void => {
        if (noted !== undefined) this.note(noted, words);
        write.call(logger, ...words);
      };
      return [level, note] as const;
    });
    return Object.fromEntries(methods) as Logger;
  }

  /** Notes when a component of `health` fails, and when it is well again; how it starts is no news. */
  watchHealth(health: Health): void {
    const before = new Map<string, ComponentHealth>();
    health.watch(({ components }) => {
      for (const [name, now] of Object.entries(components)) {
        const was = before.get(name);
        before.set(name, now);
        if (now.state !== 'ready' && now.state !== 'starting') {
          if (was?.state !== now.state) this.note(LEVEL_OF[now.state], [`${name} is ${now.state}: ${now.reason}`]);
        } else if (now.state === 'ready' && was !== undefined && was.state !== 'ready' && was.state !== 'starting') {
          this.note('info', [`${name} is ready again`]);
        }
      }
    });
  }

  private note(level: RecentEvent['level'], [first, second]: Words): void {
    const [fields, message] = typeof first === 'string' ? [{}, first] : [first, second ?? ''];
    const event: RecentEvent = {
      at: new Date().toISOString(),
      level,
      message: message.slice(0, MAX_MESSAGE_LENGTH),
      place: placeOf(fields),
      times: 1,
    };
    const [last] = this.newestFirst;
    if (last !== undefined && isSame(last, event)) this.newestFirst[0] = { ...event, times: last.times + 1 };
    else if (this.newestFirst.unshift(event) > MAX_EVENTS) this.newestFirst.pop();
  }
}

function placeOf(fields: unknown): Record<string, string | number> {
  if (typeof fields !== 'object' || fields === null) return {};
  const place: Record<string, string | number> = {};
  for (const name of SHOWN_FIELDS) {
    const value = (fields as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'number') place[name] = value;
    else if (typeof value === 'string') place[name] = value.slice(0, MAX_FIELD_LENGTH);
  }
  return place;
}

function isSame(a: RecentEvent, b: RecentEvent): boolean {
  return a.level === b.level && a.message === b.message && JSON.stringify(a.place) === JSON.stringify(b.place);
}
