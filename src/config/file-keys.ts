/** The keys that a configuration file may have: one file can serve all commands, each of which takes what is its own. */
import { BACKFILL_SETTINGS } from './backfill-settings.js';
import { CONSUME_SETTINGS } from './consume-settings.js';
import { SERVE_SETTINGS } from './serve-settings.js';
import type { Setting } from './setting.js';

/** Dotted paths. */
export const FILE_KEYS: readonly string[] = [
  ...new Set(
    [SERVE_SETTINGS, CONSUME_SETTINGS, BACKFILL_SETTINGS].flatMap((settings) =>
      Object.values<Setting>(settings).map(({ yaml }) => yaml),
    ),
  ),
];
