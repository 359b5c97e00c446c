/**
 * Sets bad ledgers aside: their bytes and the reason go to a directory, the log and the metrics hear of it, and the
 * stream goes on. A ledger that cannot be kept is not passed: the stream then ends with the ledger's own error.
 *
 * Files appear whole: each is written beside its place, flushed to the disk, and renamed. A ledger that is set aside
 * again, by another stream or after a resume, overwrites what was kept of it.
 */
import { hash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, ProcessorError } from '../../workers/errors.js';
import type { BadLedgers } from '../../workers/decode-result.js';
import type { Logger } from '../ops/logger.js';
import { DATA_SUFFIX, type QuarantineRecord, RECORD_SUFFIX, recordName } from './quarantine-record.js';

export interface QuarantineOptions {
  /** Made when it is first needed. */
  readonly directory: string;
  readonly networkPassphrase: string;
  readonly logger: Logger;
  /** So many ledgers were set aside, for this reason. */
  readonly onSetAside: (ledgers: number, code: ErrorCode) => void;
}

export class Quarantine {
  private readonly options: QuarantineOptions;

  constructor(options: QuarantineOptions) {
    this.options = options;
  }

  /** Resolves when the ledgers are on disk. Rejects with their error, and why they could not be kept. */
  async setAside(bad: BadLedgers): Promise<void> {
    const { directory, networkPassphrase, logger, onSetAside } = this.options;
    const { firstLedger, lastLedger, error } = bad;
    const name = recordName(networkPassphrase, firstLedger, lastLedger);
    try {
      await mkdir(directory, { recursive: true });
      if (bad.input !== undefined) await writeWhole(join(directory, name + DATA_SUFFIX), bad.input.bytes);
      const record = `${JSON.stringify(this.record(name, bad), undefined, 2)}\n`;
      await writeWhole(join(directory, name + RECORD_SUFFIX), Buffer.from(record));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `${error.message}; it could not be kept in ${directory}: ${reason}`;
      throw new ProcessorError(error.code, message, error.place, cause);
    }
    logger.error(
      { ledger: firstLedger, lastLedger, code: error.code, file: join(directory, name + RECORD_SUFFIX) },
      `quarantined: ${error.message}`,
    );
    onSetAside(lastLedger - firstLedger + 1, error.code);
  }

  private record(name: string, { firstLedger, lastLedger, error, input }: BadLedgers): QuarantineRecord {
    const { offset, type } = error.place;
    return {
      v: 1,
      network_passphrase: this.options.networkPassphrase,
      first_ledger: firstLedger,
      last_ledger: lastLedger,
      code: error.code,
      message: error.message,
      ...(offset !== undefined && { offset }),
      ...(type !== undefined && { type }),
      set_aside_at: new Date().toISOString(),
      data:
        input === undefined
          ? null
          : {
              file: name + DATA_SUFFIX,
              form: input.form,
              begins_with: input.sequence ?? firstLedger,
              bytes: input.bytes.byteLength,
              sha256: hash('sha256', input.bytes, 'hex'),
            },
    };
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(beside, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
