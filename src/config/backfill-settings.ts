/** The settings of `backfill`: where ledgers come from and rows go, and what it may use. What to make are options. */
import { availableParallelism } from 'node:os';
import { DATABASE_SETTINGS } from '../postgres/connection/database-settings.js';
import { CONSUME_SETTINGS } from './consume-settings.js';
import { duration } from './kinds/duration.js';
import { integer, text } from './kinds/scalars.js';
import { SERVE_SETTINGS } from './serve-settings.js';
import type { Settings, Values } from './setting.js';

export const BACKFILL_SETTINGS = {
  source: {
    ...SERVE_SETTINGS.source,
    sentence:
      'The data lake that ledgers come from (docs/data-lake.md); `work` takes the one of the plan unless given.',
  },
  networkPassphrase: SERVE_SETTINGS.networkPassphrase,
  workerCount: SERVE_SETTINGS.workerCount,
  maxMemoryMb: {
    ...SERVE_SETTINGS.maxMemoryMb,
    sentence: 'Most payload bytes held at once: fetched, being decoded and encoded.',
  },
  unpackedLimitBytes: SERVE_SETTINGS.unpackedLimitBytes,
  rangesAtOnce: {
    env: 'RANGES_AT_ONCE',
    yaml: 'backfill.ranges_at_once',
    kind: integer('ranges', 1, 64),
    default: { text: 'cores, at least 2', compute: () => String(Math.max(2, availableParallelism())) },
    sentence: 'Ranges that this process makes side by side over its decode threads.',
  },
  onBadLedger: {
    ...SERVE_SETTINGS.onBadLedger,
    sentence: 'What an unreadable or missing ledger does: fail its range, or be set aside, with the gap reported.',
  },
  quarantineDir: SERVE_SETTINGS.quarantineDir,

  sourceAccessKeyId: SERVE_SETTINGS.sourceAccessKeyId,
  sourceSecretAccessKey: SERVE_SETTINGS.sourceSecretAccessKey,
  sourceGapRetries: SERVE_SETTINGS.sourceGapRetries,
  sourceIdleTimeoutMs: SERVE_SETTINGS.sourceIdleTimeoutMs,

  leaseMs: {
    env: 'RANGE_LEASE',
    yaml: 'backfill.range_lease',
    kind: duration('1s', '1h'),
    default: '60s',
    sentence:
      'A machine that does not renew its hold on a range for so long has lost it; it renews three times as often.',
  },
  rangeRetries: {
    env: 'RANGE_RETRIES',
    yaml: 'backfill.range_retries',
    kind: integer('times', 0, 1000),
    default: '5',
    sentence: 'How often a range that fails in PostgreSQL is tried again before it is set down as failed.',
  },
  rangeRetryDelayMs: {
    env: 'RANGE_RETRY_DELAY',
    yaml: 'backfill.range_retry_delay',
    kind: duration('1s', '1h'),
    default: '2s',
    sentence: 'Longest pause before the first such attempt, in whole seconds; doubled before each other one.',
  },
  machine: {
    env: 'MACHINE_NAME',
    yaml: 'backfill.machine_name',
    kind: text('name'),
    sentence: "What this machine is called in `backfill status`; unless given, the host's name.",
  },
  streamName: CONSUME_SETTINGS.streamName,
  streamSource: {
    ...CONSUME_SETTINGS.streamSource,
    sentence: 'Where the rows come from, as the database is to remember it; unless given, SOURCE.',
  },
  ...DATABASE_SETTINGS,

  logLevel: SERVE_SETTINGS.logLevel,
  debug: SERVE_SETTINGS.debug,
} as const satisfies Settings;

export type BackfillConfig = Values<typeof BACKFILL_SETTINGS>;
