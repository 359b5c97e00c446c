/** The settings of the log. */
import { boolean, choice } from './kinds/scalars.js';
import type { Settings } from './setting.js';

export const LOG_SETTINGS = {
  logLevel: {
    env: 'LOG_LEVEL',
    yaml: 'log.level',
    kind: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    default: 'info',
    sentence: 'The least severe log lines to write.',
  },
  debug: {
    env: 'DEBUG',
    yaml: 'log.debug',
    kind: boolean,
    default: 'false',
    sentence: 'Log at least at level debug.',
    sharedVariable: true,
  },
} as const satisfies Settings;
