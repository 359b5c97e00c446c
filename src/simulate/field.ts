/**
 * Fields: the parts of a ledger that change from one ledger to the next.
 *
 * Every field is a run of 32-bit words (XDR aligns everything to 4 bytes) in a bank, one block of memory that is
 * refilled for each transaction. While templates are built, a field stands for itself: each of its words has a marker,
 * a number that nothing else in an encoded value equals, and the functions here give those markers the XDR type that the
 * place asks for. See template.ts.
 */
import { Address, xdr } from '@stellar/stellar-base';

/** A run of `words` 32-bit words from word `at` of the bank on. */
export interface Field {
  readonly at: number;
  readonly words: number;
}

/**
 * Marker of the bank's word 0; word i has MARKER_BASE + i. ASCII text never has 0xE5 as its first byte and counts and
 * amounts in templates are far smaller, so that only a random word could be mistaken for a marker.
 */
export const MARKER_BASE = 0xe5a40000;

/** Hands out fields one behind the other. */
export class FieldLayout {
  private next = 0;

  field(words: number): Field {
    const at = this.next;
    this.next += words;
    return { at, words };
  }

  /** Words handed out so far: the size of the bank. */
  get words(): number {
    return this.next;
  }
}

/** Opaque bytes of the field's size; `words` of them where the place is shorter than the field. */
export function opaque(field: Field, words: number = field.words): Buffer {
  const bytes = Buffer.alloc(words * 4);
  for (let word = 0; word < words; word++) bytes.writeUInt32BE(MARKER_BASE + field.at + word, word * 4);
  return bytes;
}

/** The field's first word as uint32. */
export function uint32(field: Field): number {
  return opaque(field, 1).readUInt32BE();
}

/** The field's first word as int32. */
export function int32(field: Field): number {
  return opaque(field, 1).readInt32BE();
}

/** The field's first two words as int64. */
export function int64(field: Field): xdr.Int64 {
  return new xdr.Int64(opaque(field, 2).readBigInt64BE());
}

/** The field's first two words as uint64. */
export function uint64(field: Field): xdr.Uint64 {
  return new xdr.Uint64(opaque(field, 2).readBigUInt64BE());
}

/** The field (8 words) as an account id. */
export function accountId(field: Field): xdr.AccountId {
  return xdr.PublicKey.publicKeyTypeEd25519(opaque(field));
}

/** The field (8 words) as the address of a contract. */
export function contractAddress(field: Field): xdr.ScAddress {
  return Address.contract(opaque(field)).toScAddress();
}

/** The field (8 words) as the address of an account. */
export function accountAddress(field: Field): xdr.ScAddress {
  return Address.account(opaque(field)).toScAddress();
}
