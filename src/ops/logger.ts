/**
 * The log: one JSON line per event, on standard error, because standard output belongs to what commands print.
 *
 * Fields have fixed names: `component` (child loggers), `ledger`, `stream`, `code` and `err`. Events carry values in
 * fields, so that messages stay constant and can be searched for.
 */
import {
  type DestinationStream,
  destination,
  type Level,
  type Logger as PinoLogger,
  pino,
  stdTimeFunctions,
} from 'pino';

export type Logger = Pick<PinoLogger, Level>;

export interface LoggerOptions {
  readonly level: Level | 'silent';
  /** Lowers the level to debug. */
  readonly debug?: boolean;
  /** Fields of every line, for example the program's version. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Standard error where undefined. */
  readonly output?: DestinationStream;
}

/** Fields that never reach the log, wherever they stand in the first two levels of what is logged. */
const SECRET_FIELDS = ['authorization', 'cookie', 'credentials', 'password', 'secret', 'token'];

export function createLogger(options: LoggerOptions): PinoLogger {
  const level = options.debug === true && options.level !== 'trace' ? 'debug' : options.level;
  return pino(
    {
      level,
      base: options.fields ?? {},
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '***' },
    },
    // Synchronous: the lines before a crash are the ones that matter, and there are few of them.
    options.output ?? destination({ fd: 2, sync: true }),
  );
}
