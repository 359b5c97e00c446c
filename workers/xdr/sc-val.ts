/**
 * SCVal, the value that contract data, events and calls are made of: more than half of a Soroban ledger. Passed over by a
 * loop instead of recursion, which took a third longer.
 *
 *   SCVal  union on SCValType: nothing or a fixed number of bytes for most; bytes, string, symbol; and the containers
 *          vec 16: SCVal<>*, map 17: { key: SCVal, val: SCVal }<>*, instance 19: { executable, storage: map* }
 *
 * Of a container only how many values follow needs to be known: `left` counts those of the innermost one, and a stack
 * those of the ones around it. Checks are as in the generated functions, error types named alike.
 */
import {
  arrayCount,
  badBool,
  MAX_NESTING,
  readFlag,
  skipOpaque,
  tooDeep,
  truncated,
  unknownArm,
  type XdrReader,
} from './reader.js';
import { skipContractExecutable, skipScAddress, skipScError } from './skip.generated.js';

const SCV_BOOL = 0;
const SCV_ERROR = 2;
const SCV_BYTES = 13;
const SCV_STRING = 14;
const SCV_SYMBOL = 15;
const SCV_VEC = 16;
const SCV_MAP = 17;
const SCV_ADDRESS = 18;
const SCV_CONTRACT_INSTANCE = 19;
const SCV_EXECUTABLE_TAG = 22;
const MAX_SYMBOL_BYTES = 32;

/** Bytes of the types that have nothing to check, with their discriminant; 0 for the others. */
const FIXED_BYTES = Int32Array.from([0, 4, 0, 8, 8, 12, 12, 12, 12, 20, 20, 36, 36, 0, 0, 0, 0, 0, 0, 0, 4, 12, 0]);

const outer = new Int32Array(MAX_NESTING);

/** Returns the offset behind the SCVal at `p`; throws an XdrError where a full decode would fail. */
export function skipScVal(r: XdrReader, p: number): number {
  const { view, end } = r;
  let depth = 0;
  let left = 1;
  for (;;) {
    while (left === 0) {
      if (depth === 0) return p;
      depth -= 1;
      left = outer[depth]!;
    }
    left -= 1;

    if (p + 4 > end) truncated(r, 'ScVal', p, 4);
    const type = view.getUint32(p);
    const fixed = type < FIXED_BYTES.length ? FIXED_BYTES[type]! : 0;
    if (fixed !== 0) {
      if (p + fixed > end) truncated(r, 'ScVal', p, fixed);
      p += fixed;
      continue;
    }

    let values = 0;
    switch (type) {
      case SCV_BOOL: {
        if (p + 8 > end) truncated(r, 'ScVal', p, 8);
        const value = view.getUint32(p + 4);
        if (value > 1) badBool('ScVal.scvBool', p + 4, value);
        p += 8;
        continue;
      }
      case SCV_SYMBOL:
        p = skipOpaque(r, p + 4, 'ScVal.scvSymbol', MAX_SYMBOL_BYTES);
        continue;
      case SCV_ADDRESS:
        p = skipScAddress(r, p + 4);
        continue;
      case SCV_BYTES:
        p = skipOpaque(r, p + 4, 'ScBytes');
        continue;
      case SCV_STRING:
        p = skipOpaque(r, p + 4, 'ScVal.scvString');
        continue;
      case SCV_ERROR:
        p = skipScError(r, p + 4);
        continue;
      case SCV_EXECUTABLE_TAG:
        p = skipOpaque(r, p + 4, 'ScVal.scvExecutableTag');
        continue;
      case SCV_VEC:
        p += 8;
        if (readFlag(r, p - 4, 'ScVal.scvVec')) {
          values = arrayCount(r, p, 'ScVal.scvVec', 4);
          p += 4;
        }
        break;
      case SCV_MAP:
        p += 8;
        if (readFlag(r, p - 4, 'ScVal.scvMap')) {
          values = 2 * arrayCount(r, p, 'ScVal.scvMap', 8);
          p += 4;
        }
        break;
      case SCV_CONTRACT_INSTANCE:
        p = skipContractExecutable(r, p + 4) + 4;
        if (readFlag(r, p - 4, 'ScContractInstance.storage')) {
          values = 2 * arrayCount(r, p, 'ScContractInstance.storage', 8);
          p += 4;
        }
        break;
      default:
        unknownArm('ScVal', p, view.getInt32(p));
    }

    // The container's values come next, then what is left around it. The outermost value is level 1.
    if (values === 0) continue;
    if (depth + 1 >= MAX_NESTING) tooDeep('ScVal', p);
    outer[depth] = left;
    depth += 1;
    left = values;
  }
}
