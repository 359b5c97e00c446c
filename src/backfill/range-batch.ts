/** Rows of consecutive ledgers in one of the tables that a range is read for. */
import type { BatchMessage } from '../../workers/ipc.js';

export interface RangeBatch {
  /** Index of the request that they are of. */
  readonly table: number;
  /** Both inclusive. */
  readonly firstLedger: number;
  readonly lastLedger: number;
  readonly message: BatchMessage;
  /** Its memory is used for others from now on: nobody may read the message any more. */
  readonly release: () => void;
}
