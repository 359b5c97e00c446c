/**
 * Encodes values by walking the type descriptions of stellar-base, so that the oracle says what there is to encode.
 *
 * The walk reads its choices (arms, options, counts, lengths, contents) from a tape of bytes, and reads zeros when that
 * has run out: first arm, no option, no element. So every value ends, a short tape gives a small value, and changing
 * one byte changes one choice.
 */
import type { JsXdrType } from './oracle-types.js';

const SCALAR_WORDS: Readonly<Record<string, number>> = { Void: 0, Int: 1, UnsignedInt: 1, Hyper: 2, UnsignedHyper: 2 };

/** Limits above this are never exceeded on purpose. The largest that a schema names is 1024. */
const LARGEST_LIMIT = 1024;

/** Faults are made no deeper than so many structs and unions below the one encoded; each has a function of its own. */
const FAULT_DEPTH = 2;

const NO_FAULT = -1;

class Encoder {
  readonly bytes: number[] = [];
  /** For each choice made, how many different ones there were. */
  readonly choices: number[] = [];
  /** Faults that could have been made so far. */
  faults = 0;
  readonly #tape: Uint8Array;
  readonly #fault: number;
  #depth = -1;

  constructor(tape: Uint8Array, fault = NO_FAULT) {
    this.#tape = tape;
    this.#fault = fault;
  }

  /** A number below `count`, at most 256. */
  #choose(count: number): number {
    const byte = this.#tape[this.choices.length] ?? 0;
    this.choices.push(count);
    return byte % count;
  }

  /** Whether to break the rule at hand. */
  #isFault(): boolean {
    if (this.#depth > FAULT_DEPTH) return false;
    this.faults += 1;
    return this.faults - 1 === this.#fault;
  }

  #word(value: number): void {
    this.bytes.push((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  }

  /** An enum value or discriminant. Returns which of `known` it is, or was before the fault. */
  #arm(known: readonly number[]): number {
    const index = this.#choose(known.length);
    if (this.#isFault()) this.#word(Math.max(...known) + 1);
    else if (this.#isFault()) this.#word(Math.min(...known) - 1);
    else this.#word(known[index]!);
    return index;
  }

  /** A boolean or the flag of an option. */
  #flag(): boolean {
    const value = this.#choose(2);
    this.#word(this.#isFault() ? 2 : value);
    return value === 1;
  }

  /** The length of opaque data or count of an array, `usual` if there is no fault. */
  #length(usual: number, limit: number): number {
    const length = limit <= LARGEST_LIMIT && this.#isFault() ? limit + 1 : usual;
    this.#word(length);
    return length;
  }

  #content(length: number): void {
    const step = this.#choose(256);
    for (let i = 1; i <= length; i += 1) this.bytes.push((step * i) & 0xff);
    const padding = -length & 3;
    for (let i = 1; i <= padding; i += 1) this.bytes.push(this.#isFault() ? 1 : 0);
  }

  encode(type: JsXdrType): void {
    const isNamed = type._fields !== undefined || type._switches !== undefined;
    if (isNamed) this.#depth += 1;
    if (type._fields !== undefined) for (const [, field] of type._fields) this.encode(field);
    else if (type._switches !== undefined) this.#union(type);
    else if (type._members !== undefined) this.#arm(Object.values(type._members).map(({ value }) => value));
    else if (type._childType !== undefined) this.#children(type._childType, type);
    else if (type._maxLength !== undefined) {
      this.#content(this.#length(this.#choose(Math.min(type._maxLength, 65) + 1), type._maxLength));
    } else if (type._length !== undefined) this.#content(type._length);
    else if (type.name === 'Bool') this.#flag();
    else {
      const words = SCALAR_WORDS[type.name ?? ''];
      if (words === undefined) throw new Error(`unknown js-xdr type ${type.name ?? ''}`);
      this.#content(4 * words);
    }
    if (isNamed) this.#depth -= 1;
  }

  #union(type: JsXdrType): void {
    const members = type._defaultArm === undefined ? undefined : type._switchOn?._members;
    const keys = members === undefined ? [...type._switches!.keys()] : Object.values(members);
    const key = keys[this.#arm(keys.map((each) => (typeof each === 'number' ? each : each.value)))]!;
    const arm = type._switches!.get(key) ?? type._defaultArm!;
    this.encode(typeof arm === 'string' ? type._arms![arm]! : arm);
  }

  /** An option, or an array of fixed or variable length. */
  #children(child: JsXdrType, { _length, _maxLength }: JsXdrType): void {
    if (_length === undefined && _maxLength === undefined) {
      if (this.#flag()) this.encode(child);
      return;
    }
    // Up to 4 elements, or for the last choice many, so that a wrong estimate of their size adds up.
    const few = Math.min(_maxLength ?? 0, 4);
    const choice = _maxLength === undefined ? 0 : this.#choose(few + 2);
    const usual = choice <= few ? choice : Math.min(_maxLength!, 64);
    const count = _length ?? this.#length(usual, _maxLength!);
    for (let i = 0; i < count; i += 1) this.encode(child);
  }
}

/** The value of `type` that the choices on `tape` lead to. */
export function encode(type: JsXdrType, tape: Uint8Array): Buffer {
  const encoder = new Encoder(tape);
  encoder.encode(type);
  return Buffer.from(encoder.bytes);
}

/** Tapes for the smallest value of `type` and for all that differ from it in one choice. */
export function singleChoices(type: JsXdrType): Uint8Array[] {
  const smallest = new Encoder(new Uint8Array());
  smallest.encode(type);
  const tapes = smallest.choices.flatMap((count, at) =>
    // 256 is content, where one other choice is enough.
    Array.from({ length: count === 256 ? 1 : count - 1 }, (_, i) => {
      const tape = new Uint8Array(at + 1);
      tape[at] = i + 1;
      return tape;
    }),
  );
  return [new Uint8Array(), ...tapes];
}

/** All values that differ from `encode(type, tape)` in one broken rule: arm, flag, length limit or padding. */
export function singleFaults(type: JsXdrType, tape: Uint8Array): Buffer[] {
  const whole = new Encoder(tape);
  whole.encode(type);
  return Array.from({ length: whole.faults }, (_, fault) => {
    const encoder = new Encoder(tape, fault);
    encoder.encode(type);
    return Buffer.from(encoder.bytes);
  });
}
