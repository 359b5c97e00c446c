/** The baseline of decoding: the full decode by stellar-base, in a process with Node's own settings, as its users have it. */
import { xdr } from '@stellar/stellar-base';
import { measure, type Measured, type MeasurePlan } from '../measure.js';
import { answerParent } from './child.js';

export interface FullDecodeRequest {
  readonly ledgers: readonly Uint8Array[];
  readonly plan: MeasurePlan;
}

answerParent(({ ledgers, plan }: FullDecodeRequest): Promise<Measured> => {
  const buffers = ledgers.map((ledger) => Buffer.from(ledger.buffer, ledger.byteOffset, ledger.byteLength));
  return measure(plan, ledgers.length, () => buffers.forEach((buffer) => xdr.LedgerCloseMeta.fromXDR(buffer)));
});
