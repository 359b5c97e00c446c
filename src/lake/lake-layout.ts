/**
 * How a data lake names its objects (SEP-54, as Galexie writes them):
 *
 *   [PPPPPPPP--partitionStart-partitionEnd/]FFFFFFFF--fileStart[-fileEnd].xdr.zst
 *
 * Each object holds `ledgersPerFile` ledgers, each folder `filesPerPartition` objects; both begin at multiples of their
 * size. The hex digits are 2^32 - 1 less the start, so that the newest sorts first.
 */
import type { ObjectInput } from '../../workers/lake/lake-task.js';
import { parseLakeObjectName } from '../ledger-server/lake-object-name.js';

export interface LakeLayout {
  readonly ledgersPerFile: number;
  /** 1: there are no folders. */
  readonly filesPerPartition: number;
}

/** Ledgers of one object. */
export interface LakeFile {
  /** Key without suffix. */
  readonly stem: string;
  /** As the name says, both inclusive. */
  readonly first: number;
  readonly last: number;
}

const LAST_UINT32 = 0xffff_ffff;
/** What captive core can export: the object that is named from 0 begins with it. */
const FIRST_EXPORTED_LEDGER = 2;
const KEY = /^(?:[0-9A-F]{8}--(\d{1,10})-(\d{1,10})\/)?([^/]+)$/;

/** The object that `ledger` is in. */
export function fileOf({ ledgersPerFile, filesPerPartition }: LakeLayout, ledger: number): LakeFile {
  const first = ledger - (ledger % ledgersPerFile);
  const last = first + ledgersPerFile - 1;
  const name = ledgersPerFile === 1 ? rangeName(first) : rangeName(first, last);
  if (filesPerPartition === 1) return { stem: name, first, last };
  const partitionLedgers = ledgersPerFile * filesPerPartition;
  const partition = ledger - (ledger % partitionLedgers);
  return { stem: `${rangeName(partition, partition + partitionLedgers - 1)}/${name}`, first, last };
}

/** The part of an object that is wanted: its ledgers from `first` to `last`, both inclusive. */
export function objectInput(file: LakeFile, first: number, last: number): ObjectInput {
  const sequence = file.first === 0 ? FIRST_EXPORTED_LEDGER : file.first;
  return {
    stem: file.stem,
    sequence,
    firstLedger: Math.max(first, file.first),
    lastLedger: Math.min(last, file.last),
  };
}

/** The first ledger that a lake can have. */
export function firstLedgerOf({ ledgersPerFile }: LakeLayout): number {
  return ledgersPerFile === 1 ? 1 : FIRST_EXPORTED_LEDGER;
}

/** The ledgers of an object by its key; undefined for what is no such key. */
export function ledgersOfKey(key: string): { first: number; last: number } | undefined {
  return parseLakeObjectName(KEY.exec(key)?.[3] ?? '');
}

/** The layout that a key shows; undefined where it shows none. */
export function layoutOfKey(key: string): LakeLayout | undefined {
  const ledgers = ledgersOfKey(key);
  if (ledgers === undefined) return undefined;
  const [, partitionFirst, partitionLast] = KEY.exec(key)!;
  const ledgersPerFile = ledgers.last - ledgers.first + 1;
  if (partitionFirst === undefined) return { ledgersPerFile, filesPerPartition: 1 };
  const filesPerPartition = (Number(partitionLast) - Number(partitionFirst) + 1) / ledgersPerFile;
  return Number.isInteger(filesPerPartition) ? { ledgersPerFile, filesPerPartition } : undefined;
}

function rangeName(first: number, last?: number): string {
  const inverse = (LAST_UINT32 - first).toString(16).toUpperCase().padStart(8, '0');
  return last === undefined ? `${inverse}--${first}` : `${inverse}--${first}-${last}`;
}
