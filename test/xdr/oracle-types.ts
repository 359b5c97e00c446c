/** The type descriptions inside stellar-base, which say what there is to encode and decode. */
import { xdr } from '@stellar/stellar-base';

/** What js-xdr 4 knows of a type; which fields there are says what kind of type it is. */
export interface JsXdrType {
  readonly name?: string;
  readonly structName?: string;
  readonly unionName?: string;
  readonly _fields?: readonly (readonly [string, JsXdrType])[];
  readonly _members?: Readonly<Record<string, { readonly value: number }>>;
  readonly _switchOn?: JsXdrType;
  readonly _switches?: ReadonlyMap<number | { readonly value: number }, string | JsXdrType>;
  readonly _arms?: Readonly<Record<string, JsXdrType>>;
  readonly _defaultArm?: string | JsXdrType;
  readonly _childType?: JsXdrType;
  readonly _length?: number;
  readonly _maxLength?: number;
  /** Throws unless `bytes` are exactly one value. */
  fromXDR(bytes: Buffer): unknown;
}

const nameOf = (type: JsXdrType): string | undefined => type.structName ?? type.unionName;

const byLowerCaseName = new Map(
  Object.values(xdr as unknown as Record<string, JsXdrType>).map((type) => [nameOf(type)?.toLowerCase(), type]),
);

/** The struct or union of stellar-base that we call `name`: Uint128Parts is UInt128Parts there. */
export function oracleType(name: string): JsXdrType | undefined {
  return byLowerCaseName.get(name === 'FreezeBypassTxs' ? 'freezebypasstxes' : name.toLowerCase());
}

/** All structs and unions that `root` is made of, itself included. */
export function oracleTypesIn(root: JsXdrType): Set<JsXdrType> {
  const seen = new Set<JsXdrType>();
  const visit = (type: JsXdrType): void => {
    if (seen.has(type)) return;
    seen.add(type);
    for (const [, field] of type._fields ?? []) visit(field);
    Object.values(type._arms ?? {}).forEach(visit);
    if (type._childType !== undefined) visit(type._childType);
  };
  visit(root);
  return new Set([...seen].filter((type) => nameOf(type) !== undefined));
}
