/** What crosses between the lake pool and its threads. */
import type { DecodeInput, DecodeResult } from '../decode-result.js';
import type { DecodeLimits } from '../decode.js';
import type { PlainError } from '../errors.js';
import type { LakeLocation } from './lake-location.js';

/** An object to be fetched and decoded, of which some ledgers are wanted. */
export interface ObjectInput {
  /** Its key without the suffix, which says how it is compressed. */
  readonly stem: string;
  /** The first ledger that it holds. */
  readonly sequence: number;
  /** The wanted ones, both inclusive. */
  readonly firstLedger: number;
  readonly lastLedger: number;
}

/** Given to each thread when it is started. */
export interface LakeThreadOptions {
  readonly location: LakeLocation;
  readonly idleTimeoutMs: number;
  /** How often an object that is not there is looked for again. */
  readonly gapRetries: number;
  /** Wait before the first of these, and of other attempts; then twice as long each time. */
  readonly retryWaitMs: number;
  /** Bytes of objects that a thread has fetched, or is fetching, before they are decoded. */
  readonly prefetchBytes: number;
  readonly limits?: DecodeLimits;
}

export interface LakeTask {
  /** As in a {@link DecodeTask}. */
  readonly request: string;
  /** Objects, or inputs that bring their bytes. */
  readonly inputs: readonly (ObjectInput | DecodeInput)[];
  /** As in a {@link DecodeTask}. */
  readonly used: readonly ArrayBuffer[];
  /** Shared with the thread: see {@link TASK_STATE}. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

export interface LakeResult {
  readonly result: DecodeResult;
  /** Bytes of the objects that were fetched. */
  readonly fetchedBytes: number;
  /** Time that the thread spent on decoding. */
  readonly decodeMs: number;
  /** As in a {@link DecodeResult}; also of buffers that objects were fetched into. */
  readonly newBuffers: number;
  /** Inputs, by index, that could not be had for a reason that may pass. */
  readonly missed: readonly number[];
  /** The reason of the first of them. */
  readonly reason?: PlainError;
}

/** What a thread tells of a task while it runs, by index into its state. */
export const TASK_STATE = {
  /** The thread's id. */
  thread: 0,
  /** 1 while it decodes for the task, 0 while it fetches. */
  isDecoding: 1,
} as const;
