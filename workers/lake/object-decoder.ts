/**
 * From inputs of a lake task to its result: fetching is asynchronous, each object is decoded as soon as it is there, and
 * meanwhile others are on their way. A damaged object is fetched again before it is believed to be damaged.
 */
import { hash } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import type { BadLedgers, DecodedLedger, DecodeInput, DecodeResult, LedgerChecksum } from '../decode-result.js';
import type { TaskRunner } from '../decode-task.js';
import { asProcessorError, type ErrorCode, type PlainError } from '../errors.js';
import type { DecodeRequest } from '../request.js';
import { type LakeResult, type LakeTask, type ObjectInput, TASK_STATE } from './lake-task.js';
import type { FetchedObject, ObjectFetcher } from './object-fetcher.js';
import { Turns } from './turns.js';

/** Fetches of an object that comes damaged, and each time otherwise. */
const MOST_FETCHES = 3;
/** Errors that bytes which did not arrive as they are stored may cause. */
const OF_DAMAGED_BYTES: ReadonlySet<ErrorCode> = new Set([
  'UNPACK_FAILED',
  'UNPACK_LIMIT',
  'LEDGER_INVALID',
  'LEDGER_MISMATCH',
]);

type Outcome = { readonly result: DecodeResult } | { readonly unavailable: PlainError };

export class ObjectDecoder {
  private readonly fetcher: ObjectFetcher;
  private readonly runner: TaskRunner;
  private readonly turns = new Turns();

  constructor(fetcher: ObjectFetcher, runner: TaskRunner) {
    this.fetcher = fetcher;
    this.runner = runner;
  }

  async run(task: LakeTask): Promise<LakeResult> {
    Atomics.store(task.state, TASK_STATE.thread, threadId);
    task.used.forEach((buffer) => this.runner.spare.add(buffer));
    const work = new TaskWork(task, this.runner);
    const outcomes = await Promise.all(
      task.inputs.map((input) => ('stem' in input ? this.fromLake(input, work) : Promise.resolve(work.decode(input)))),
    );
    const { fetchedBytes, decodeMs, newBuffers } = work;
    return { ...joined(outcomes), fetchedBytes, decodeMs, newBuffers };
  }

  private async fromLake(input: ObjectInput, work: TaskWork): Promise<Outcome> {
    let before: string | undefined;
    for (let fetches = 1; ; fetches += 1) {
      let object: FetchedObject;
      try {
        object = await this.fetcher.fetch(input);
      } catch (thrown) {
        return work.notFetched(input, asProcessorError(thrown).toPlain());
      }
      await this.turns.next();
      const decoded = work.decodeObject(input, object);
      this.fetcher.release(object);
      if (!isDamaged(decoded.result)) {
        this.runner.spare.add(object.bytes.buffer);
        return decoded;
      }
      const content = hash('sha256', object.bytes, 'hex');
      if (content === before || fetches === MOST_FETCHES) return decoded;
      before = content;
      await this.fetcher.pause(fetches);
    }
  }
}

/** The synchronous part of a task, and what it takes. */
class TaskWork {
  fetchedBytes = 0;
  decodeMs = 0;
  newBuffers = 0;
  private readonly task: LakeTask;
  private readonly runner: TaskRunner;

  constructor(task: LakeTask, runner: TaskRunner) {
    this.task = task;
    this.runner = runner;
  }

  decode(input: DecodeInput): { readonly result: DecodeResult } {
    const { request, state } = this.task;
    const startedAt = performance.now();
    Atomics.store(state, TASK_STATE.isDecoding, 1);
    try {
      const result = this.runner.run({ request, inputs: [input] });
      this.newBuffers += result.newBuffers ?? 0;
      return { result };
    } finally {
      Atomics.store(state, TASK_STATE.isDecoding, 0);
      this.decodeMs += performance.now() - startedAt;
    }
  }

  decodeObject(input: ObjectInput, { key, bytes }: FetchedObject): { readonly result: DecodeResult } {
    const { sequence, firstLedger, lastLedger } = input;
    this.fetchedBytes += bytes.byteLength;
    const { result } = this.decode({ bytes, form: 'batch', sequence, firstLedger, lastLedger });
    if (result.error === undefined && result.bad === undefined) return { result };
    const named = ({ code, message, place }: PlainError): PlainError => ({
      code,
      message: `${key}: ${message}`,
      place: { ledger: firstLedger, ...place, file: key },
    });
    return {
      result: {
        ledgers: result.ledgers,
        ...(result.bad !== undefined && { bad: result.bad.map((bad) => ({ ...bad, error: named(bad.error) })) }),
        ...(result.error !== undefined && { error: named(result.error) }),
      },
    };
  }

  notFetched({ firstLedger, lastLedger }: ObjectInput, error: PlainError): Outcome {
    if (error.code === 'SOURCE_UNAVAILABLE') return { unavailable: error };
    const [request] = [JSON.parse(this.task.request) as DecodeRequest | DecodeRequest[]].flat();
    const isPassed = error.code === 'SOURCE_GAP' && request?.onBadLedger === 'quarantine';
    if (!isPassed) return { result: { ledgers: [], error } };
    return { result: { ledgers: [], bad: [{ firstLedger, lastLedger, error, input: undefined }] } };
  }
}

function isDamaged({ error, bad = [] }: DecodeResult): boolean {
  return [error, ...bad.map((ledgers) => ledgers.error)].some((one) => one && OF_DAMAGED_BYTES.has(one.code));
}

function joined(outcomes: readonly Outcome[]): Pick<LakeResult, 'result' | 'missed' | 'reason'> {
  const ledgers: DecodedLedger[] = [];
  const bad: BadLedgers[] = [];
  const checksums: LedgerChecksum[] = [];
  const missed: number[] = [];
  let error: PlainError | undefined;
  let reason: PlainError | undefined;
  for (const [index, outcome] of outcomes.entries()) {
    if ('unavailable' in outcome) {
      missed.push(index);
      reason ??= outcome.unavailable;
    } else {
      ledgers.push(...outcome.result.ledgers);
      bad.push(...(outcome.result.bad ?? []));
      checksums.push(...(outcome.result.checksums ?? []));
      error ??= outcome.result.error;
    }
  }
  const result = {
    ledgers,
    ...(bad.length > 0 && { bad }),
    ...(checksums.length > 0 && { checksums }),
    ...(error !== undefined && { error }),
  };
  return { result, missed, ...(reason !== undefined && { reason }) };
}
