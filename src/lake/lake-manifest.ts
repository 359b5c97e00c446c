/** What a data lake tells of itself: `.config.json`, which Galexie writes at its root. */
import { z } from 'zod';
import { ProcessorError } from '../../workers/errors.js';
import type { LakeLayout } from './lake-layout.js';

export const MANIFEST_KEY = '.config.json';

/** Further members are not ours to judge. */
const manifestSchema = z.object({
  networkPassphrase: z.string().optional(),
  ledgersPerBatch: z.int().min(1),
  batchesPerPartition: z.int().min(1),
});

export interface LakeManifest {
  readonly layout: LakeLayout;
  /** Undefined where it is not said. */
  readonly networkPassphrase: string | undefined;
}

/** Throws SOURCE_INVALID, which names `file`. */
export function parseManifest(text: string, file: string): LakeManifest {
  try {
    const { networkPassphrase, ledgersPerBatch, batchesPerPartition } = manifestSchema.parse(JSON.parse(text));
    return {
      layout: { ledgersPerFile: ledgersPerBatch, filesPerPartition: batchesPerPartition },
      networkPassphrase: networkPassphrase === '' ? undefined : networkPassphrase,
    };
  } catch (error) {
    const message = `${file}: an object with ledgersPerBatch and batchesPerPartition expected, something else found`;
    throw new ProcessorError('SOURCE_INVALID', message, { file }, error);
  }
}

/** As Galexie writes it. */
export function manifestText({ ledgersPerFile, filesPerPartition }: LakeLayout, networkPassphrase: string): string {
  const manifest = {
    networkPassphrase,
    version: '1.0',
    compression: 'zstd',
    ledgersPerBatch: ledgersPerFile,
    batchesPerPartition: filesPerPartition,
  };
  return `${JSON.stringify(manifest)}\n`;
}
