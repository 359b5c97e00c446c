/** The configuration of `backfill`: read, checked across settings, frozen. */
import { BACKFILL_SETTINGS, type BackfillConfig } from './backfill-settings.js';
import { FILE_KEYS } from './file-keys.js';
import { type ReadSettings, readSettings } from './read-settings.js';
import type { ServeConfigSources } from './serve-config.js';
import { readYamlFile } from './yaml-file.js';

/** A range is read with a share of the memory of its own. */
export const RANGE_SHARE_BYTES = 8 * 2 ** 20;
/** The part of the memory that objects of a data lake may take on their way, before they are decoded. */
export const PREFETCH_SHARE = 0.25;

/** Throws one ProcessorError that lists all faults. */
export function loadBackfillConfig(sources: ServeConfigSources): ReadSettings<typeof BACKFILL_SETTINGS> {
  const file = sources.file === undefined ? undefined : readYamlFile(sources.file, FILE_KEYS);
  return readSettings(BACKFILL_SETTINGS, { flags: sources.flags, env: sources.env, file }, crossFaults);
}

function crossFaults(config: BackfillConfig): string[] {
  const { source, rangesAtOnce, maxMemoryMb } = config;
  const faults: string[] = [];
  if (source?.kind === 'grpc') faults.push('SOURCE: a data lake expected (file://, s3:// or gs://), grpc:// found');
  if (rangesAtOnce * RANGE_SHARE_BYTES > maxMemoryMb * 2 ** 20) {
    faults.push(
      `RANGES_AT_ONCE: each range takes ${RANGE_SHARE_BYTES / 2 ** 20} MiB of MAX_MEMORY_MB, which is too little`,
    );
  }
  if ((config.sourceAccessKeyId === undefined) !== (config.sourceSecretAccessKey === undefined)) {
    faults.push('SOURCE_ACCESS_KEY_ID and SOURCE_SECRET_ACCESS_KEY: both or neither expected');
  }
  return faults;
}
