/** What a backfill says when it ends. */
import type { LedgerGap } from '../stream/app-metadata.js';
import { type EndHashes, hashText } from './end-hashes.js';
import type { Counts } from './tally.js';

export interface FailedRange {
  readonly first_ledger: number;
  readonly last_ledger: number;
  readonly code: string;
  readonly reason: string;
}

export interface Rates {
  /** Of this run, as the rates are. */
  readonly seconds: number;
  readonly ledgers_per_second: number;
  readonly megabytes_per_second: number;
  readonly contracts_per_second: number;
}

export interface BackfillReport extends Rates, EndHashes {
  readonly sink: string;
  /** The folder, or the database without its password. */
  readonly out: string;
  readonly first_ledger: number;
  readonly last_ledger: number;
  /** Of the request, and how many of them there were before. */
  readonly ranges: number;
  readonly ranges_found: number;
  readonly ledgers: number;
  readonly rows: number;
  /** Of LedgerCloseMeta, uncompressed. */
  readonly bytes: number;
  /** Files of the request; absent for a database. */
  readonly file_bytes?: number;
  /** Ledgers that were set aside; none where all is well. */
  readonly gaps: readonly LedgerGap[];
  readonly failed: readonly FailedRange[];
}

export function rates({ ledgers, rows, ledgerBytes }: Counts, elapsedMs: number): Rates {
  const seconds = elapsedMs / 1000;
  const perSecond = (count: number): number => (seconds === 0 ? 0 : rounded(count / seconds));
  return {
    seconds: rounded(seconds),
    ledgers_per_second: perSecond(ledgers),
    megabytes_per_second: perSecond(ledgerBytes / 1e6),
    contracts_per_second: perSecond(rows),
  };
}

/** For people. */
export function reportText(report: BackfillReport): string {
  const { first_ledger: first, last_ledger: last, ranges, ranges_found: found, gaps, failed } = report;
  const size = report.file_bytes === undefined ? '' : `, ${megabytes(report.file_bytes)} in files`;
  const before = found === 0 ? '' : `, ${number(found)} of them from before`;
  return [
    `ledgers ${first} to ${last} in ${number(ranges)} ranges${before}: ${report.out}`,
    `  first    ${hashText(report.first_ledger_hash, first, gaps)}`,
    `  last     ${hashText(report.last_ledger_hash, last, gaps)}`,
    `  ledgers  ${number(report.ledgers)}`,
    `  rows     ${number(report.rows)}`,
    `  bytes    ${megabytes(report.bytes)} of ledgers${size}`,
    `  gaps     ${gaps.length === 0 ? 'none' : gaps.map(([from, to, why]) => `${from} to ${to} (${why})`).join(', ')}`,
    ...failed.map(
      (range) => `  FAILED   ${range.first_ledger} to ${range.last_ledger}: ${range.code}: ${range.reason}`,
    ),
    `  ${report.seconds} s: ${number(report.ledgers_per_second)} ledgers/s, ` +
      `${number(report.megabytes_per_second)} MB/s, contracts_per_second ${number(report.contracts_per_second)}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function megabytes(bytes: number): string {
  return `${number(bytes / 1e6)} MB`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
