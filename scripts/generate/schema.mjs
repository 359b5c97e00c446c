// What the generator asks of an XDR schema of @stellar/stellar-sdk: its parts, its size, and where it is recursive.
//
// Kinds: struct (entries), union (switchOn, cases of { name, discriminant, arm }), enum (nameByValue), array (element,
// maxLength), fixedArray (element, length), option (element), opaque (length), varOpaque and string (maxLength), bool,
// void, int32, uint32, int64, uint64; and two wrappers: field (a union arm with a name) and lazy (breaks a cycle).

const SCALAR_BYTES = { void: 0, bool: 4, enum: 4, int32: 4, uint32: 4, int64: 8, uint64: 8 };

/** The schema behind the wrappers. */
export function unwrap(schema) {
  if (schema.kind === 'field') return unwrap(schema.schema);
  return schema.kind === 'lazy' ? unwrap(schema.getSchema()) : schema;
}

export const arms = (union) => union.cases.map(({ arm }) => unwrap(arm));
const fields = (struct) => struct.entries.map(([, schema]) => unwrap(schema));
const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);

/** Whether the type gets a function of its own. */
export const hasFunction = (schema) => schema.kind === 'struct' || schema.kind === 'union';

/** Bytes of the smallest value. */
export function minBytes(schema) {
  switch (schema.kind) {
    case 'struct':
      return sum(fields(schema).map(minBytes));
    case 'union':
      return 4 + Math.min(...arms(schema).map(minBytes));
    case 'array':
    case 'option':
    case 'varOpaque':
    case 'string':
      return 4;
    case 'fixedArray':
      return schema.length * minBytes(unwrap(schema.element));
    case 'opaque':
      if (schema.length % 4 !== 0) throw new Error(`opaque[${schema.length}] needs padding, which is not generated`);
      return schema.length;
    default:
      if (!(schema.kind in SCALAR_BYTES)) throw new Error(`unknown kind of schema: ${schema.kind}`);
      return SCALAR_BYTES[schema.kind];
  }
}

/** Whether all values have one size and any bytes of that size are a value. */
export function isPlain(schema) {
  switch (schema.kind) {
    case 'struct':
      return fields(schema).every(isPlain);
    case 'fixedArray':
      return isPlain(unwrap(schema.element));
    case 'opaque':
      return true;
    default:
      return schema.kind in SCALAR_BYTES && schema.kind !== 'bool' && schema.kind !== 'enum';
  }
}

/**
 * Whether all values have one size and nothing branches in them: plain, but for enums, booleans, and unions whose arms
 * are plain and of one size.
 */
export function isStraight(schema) {
  if (schema.kind === 'struct') return fields(schema).every(isStraight);
  if (schema.kind === 'union') return arms(schema).every(isPlain) && new Set(arms(schema).map(minBytes)).size === 1;
  return schema.kind === 'bool' || schema.kind === 'enum' || isPlain(schema);
}

function parts(schema) {
  if (schema.kind === 'struct') return fields(schema);
  if (schema.kind === 'union') return arms(schema);
  return schema.element === undefined ? [] : [unwrap(schema.element)];
}

/** The types with functions that stand in `schema` without another such type between. */
function directUses(schema) {
  return parts(schema).flatMap((part) => (hasFunction(part) ? [part] : directUses(part)));
}

/** Every type with a function that `roots` are made of, by name, in alphabetical order. */
export function reachableTypes(roots) {
  const byName = new Map();
  const visit = (schema) => {
    const known = byName.get(schema.name);
    if (known === schema) return;
    if (known !== undefined || !schema.name)
      throw new Error(`type name ${schema.name} is missing or stands for two types`);
    byName.set(schema.name, schema);
    directUses(schema).forEach(visit);
  };
  roots.forEach(visit);
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** All that can be reached from `schema` in one or more steps, without a step into `barred`. */
function reach(schema, barred) {
  const found = new Set();
  const visit = (type) => {
    for (const next of directUses(type)) {
      if (next === barred || found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(schema);
  return found;
}

/**
 * For each recursive type the head of its cycles: the one type that all of them pass through, where depth is counted.
 * Types without an entry are not recursive.
 */
export function cycleHeads(types) {
  const heads = new Map();
  for (const type of types) {
    const below = reach(type);
    if (!below.has(type)) continue;
    const members = [...below].filter((member) => reach(member).has(type));
    const head = members.find((candidate) => members.every((m) => m === candidate || !reach(m, candidate).has(m)));
    if (head === undefined) throw new Error(`no single type breaks all cycles of ${type.name}`);
    heads.set(type, head);
  }
  return heads;
}
