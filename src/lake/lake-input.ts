/** What a data lake's chunks are made of: inputs without bytes, which a lake pool's threads fetch. */
import type { DecodeInput } from '../../workers/decode-result.js';
import type { ObjectInput } from '../../workers/lake/lake-task.js';

export interface LakeInput extends DecodeInput {
  readonly object: ObjectInput;
  /** Aborted when whoever asked for it has left: then what fails is not tried again. */
  readonly left: AbortSignal;
}

const NO_BYTES = new Uint8Array(0);

export function lakeInput(object: ObjectInput, left: AbortSignal): LakeInput {
  return { bytes: NO_BYTES, form: 'batch', ...rangeOf(object), object, left };
}

export function isLakeInput(input: DecodeInput): input is LakeInput {
  return 'object' in input;
}

function rangeOf({ sequence, firstLedger, lastLedger }: ObjectInput): Omit<ObjectInput, 'stem'> {
  return { sequence, firstLedger, lastLedger };
}
