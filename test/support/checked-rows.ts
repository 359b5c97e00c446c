/** Decoded rows that a second decoder agrees with. */
import assert from 'node:assert/strict';
import type { Asset, xdr } from '@stellar/stellar-base';
import { TEST_PASSPHRASE } from './contract-entries.js';
import { decodeLedger, decodeRows, rowsOf, type Row } from './decode-rows.js';
import { oracleRows } from './row-oracle.js';
import type { LedgerCounts } from '../../workers/decode-result.js';

/** The rows of a ledger with default columns, found equal to the oracle's. */
export function checkedRows(bytes: Buffer, knownAssets: readonly Asset[] = []): Row[] {
  const known_assets = knownAssets.map((asset) => `${asset.getCode()}:${asset.getIssuer()}`);
  const rows = decodeRows(bytes, { passphrase: TEST_PASSPHRASE, request: { known_assets } });
  assert.deepEqual(rows, oracleRows(bytes, TEST_PASSPHRASE, knownAssets));
  return rows;
}

/** The rows that a request yields on the test network. */
export function requestedRows(bytes: Uint8Array, request: Record<string, unknown>): Row[] {
  return decodeRows(bytes, { passphrase: TEST_PASSPHRASE, request });
}

/** Rows and counts that a request yields on the test network. */
export function requestedLedger(
  bytes: Uint8Array,
  request: Record<string, unknown> = {},
): { rows: Row[]; skipped: number; counts: LedgerCounts } {
  const options = { passphrase: TEST_PASSPHRASE, request };
  const ledger = decodeLedger(bytes, options);
  return { rows: rowsOf(ledger, options), skipped: ledger.skipped, counts: ledger.counts };
}

/** Only the named columns of rows. */
export function pick(rows: readonly Row[], ...names: string[]): unknown[][] {
  return rows.map((row) => names.map((name) => row[name]));
}

/** A value as `key_xdr` and `val_xdr` show it. */
export function base64(value: xdr.ScVal): string {
  return value.toXDR('base64');
}

/** The named columns of a ledger's rows, whichever of them are default columns; the oracle is not asked. */
export function decodedColumns(bytes: Uint8Array, ...columns: string[]): unknown[][] {
  return pick(requestedRows(bytes, { columns }), ...columns);
}
