/** The keys that a configuration file may have: one file can serve all commands, each of which takes what is its own. */
import { CONSUME_SETTINGS } from './consume-settings.js';
import { SERVE_SETTINGS } from './serve-settings.js';

/** Dotted paths. */
export const FILE_KEYS: readonly string[] = [
  ...new Set([...Object.values(SERVE_SETTINGS), ...Object.values(CONSUME_SETTINGS)].map(({ yaml }) => yaml)),
];
