/** A task of the decode pool as it crosses to a worker thread. */
import { blocksOf, type DecodeInput, type DecodeResult } from './decode-result.js';
import { DEFAULT_LIMITS, type DecodeLimits, LedgerDecoder } from './decode.js';
import { SpareBuffers } from './spare-buffers.js';
import type { DecodeRequest } from './request.js';

export interface DecodeTask {
  /**
   * A {@link DecodeRequest} as JSON: it is the key of the decoder too, and a string crosses threads cheaply. Or several in
   * an array, one for each table, of which all but table, columns and filters are equal.
   */
  readonly request: string;
  readonly inputs: readonly DecodeInput[];
  /** Memory of earlier results, to be used again. */
  readonly used?: readonly ArrayBuffer[];
}

/** Decoders that a thread keeps. Their scratch memory is worth keeping; streams open at once are few. */
const KEPT_DECODERS = 8;

/** Runs tasks, with the decoders of the requests that came last at hand. */
export class TaskRunner {
  /** Memory for record batches. Whoever owns the bytes of inputs may give them here when their task is done. */
  readonly spare = new SpareBuffers();
  private readonly limits: DecodeLimits;
  private readonly decoders = new Map<string, LedgerDecoder>();

  constructor(limits = DEFAULT_LIMITS) {
    this.limits = limits;
  }

  run(task: DecodeTask): DecodeResult {
    task.used?.forEach((buffer) => this.spare.add(buffer));
    const result = this.decoderOf(task.request).decode(task.inputs);
    const newBuffers = this.spare.takeMade();
    return newBuffers === 0 ? result : { ...result, newBuffers };
  }

  private decoderOf(request: string): LedgerDecoder {
    const decoder = this.decoders.get(request) ?? this.newDecoder(request);
    // Most recent last: the first is the one to forget.
    this.decoders.delete(request);
    this.decoders.set(request, decoder);
    if (this.decoders.size > KEPT_DECODERS) {
      for (const oldest of this.decoders.keys()) {
        this.decoders.delete(oldest);
        break;
      }
    }
    return decoder;
  }

  private newDecoder(request: string): LedgerDecoder {
    return new LedgerDecoder(JSON.parse(request) as DecodeRequest | DecodeRequest[], this.limits, this.spare);
  }
}

/** The buffers of a result that can be transferred to another thread instead of copied. */
export function transferablesOf(result: DecodeResult): ArrayBuffer[] {
  return result.ledgers.flatMap((ledger) =>
    blocksOf(ledger).flatMap(({ body, layout }) => [body.buffer, layout.buffer]),
  );
}
