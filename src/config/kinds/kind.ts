/** What a setting's value can be: how it is written, checked and printed. */

export type RawScalar = string | number | boolean;

/** A value as its source spells it: text in flags and environment, a scalar or a list of scalars in the file. */
export type RawValue = RawScalar | readonly RawScalar[];

/** Why a raw value is not of its kind, without saying which setting it was for. */
export interface Misfit {
  /** Ends in a noun, so that "… expected" may follow. */
  readonly expected: string;
  readonly found: RawValue;
}

export type Parsed<T> = { readonly value: T } | { readonly misfit: Misfit };

export interface Kind<T> {
  /** The word documentation uses, for example `duration`. */
  readonly name: string;
  /** Lowest and highest value with their unit, where there are bounds. */
  readonly bounds?: string;
  /** How its flag is given: with a value, as a switch, or again and again. */
  readonly form: 'value' | 'switch' | 'list';
  parse(raw: RawValue): Parsed<T>;
  /** The value as the environment would spell it. */
  show(value: T): string;
}

/** A kind of one value, read by `read`, which gives undefined for what does not fit. */
export function scalarKind<T>(options: {
  readonly name: string;
  readonly bounds?: string;
  readonly form?: 'value' | 'switch';
  /** What does fit, as in {@link Misfit.expected}. */
  readonly expected: string;
  readonly read: (raw: RawScalar) => T | undefined;
  readonly show?: (value: T) => string;
}): Kind<T> {
  const { name, bounds, form = 'value', expected, read, show = String } = options;
  return {
    name,
    ...(bounds !== undefined && { bounds }),
    form,
    parse(raw) {
      const scalar = typeof raw === 'object' ? undefined : typeof raw === 'string' ? raw.trim() : raw;
      const value = scalar === undefined ? undefined : read(scalar);
      return value === undefined ? { misfit: { expected, found: raw } } : { value };
    },
    show,
  };
}
