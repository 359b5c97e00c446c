/** The names that rows give to XDR enum members: the Go predecessor's, which its users' queries hold. */
import type { ChangeType } from '../request.js';
import { CREATED, EVICTED, REMOVED, RESTORED, UPDATED } from '../xdr/change-log.js';

/** `contract_key_type` by SCValType. */
export const KEY_TYPES: readonly string[] = [
  'ScValTypeScvBool',
  'ScValTypeScvVoid',
  'ScValTypeScvError',
  'ScValTypeScvU32',
  'ScValTypeScvI32',
  'ScValTypeScvU64',
  'ScValTypeScvI64',
  'ScValTypeScvTimepoint',
  'ScValTypeScvDuration',
  'ScValTypeScvU128',
  'ScValTypeScvI128',
  'ScValTypeScvU256',
  'ScValTypeScvI256',
  'ScValTypeScvBytes',
  'ScValTypeScvString',
  'ScValTypeScvSymbol',
  'ScValTypeScvVec',
  'ScValTypeScvMap',
  'ScValTypeScvAddress',
  'ScValTypeScvContractInstance',
  'ScValTypeScvLedgerKeyContractInstance',
  'ScValTypeScvLedgerKeyNonce',
  'ScValTypeScvExecutableTag',
];

/** `change_type` of a row by its kind of change. */
export const CHANGE_TYPE_NAMES: Readonly<Record<number, ChangeType>> = {
  [CREATED]: 'created',
  [UPDATED]: 'updated',
  [REMOVED]: 'removed',
  [RESTORED]: 'restored',
  [EVICTED]: 'evicted',
};

/** Whether a row of this kind says that its key is not in live state after the ledger. */
export function isDeletion(kind: number): boolean {
  return kind === REMOVED || kind === EVICTED;
}
