// Writes the skip function of one XDR type.
//
// Code is emitted against a base `p` and a constant distance from it, so that consecutive fixed-size parts become one
// addition and one check against the end of the buffer.
import { arms, hasFunction, isPlain, isStraight, minBytes, unwrap } from './schema.mjs';

const UNLIMITED = 0xffff_ffff;

class FunctionBody {
  lines = [];
  indent = 1;
  /** Bytes already passed since `p`. */
  passed = 0;
  /** Bytes since `p` known to lie inside the buffer. */
  ensured = 0;
  loops = 0;

  constructor(type, heads) {
    this.type = type;
    this.heads = heads;
  }

  line(text) {
    this.lines.push('  '.repeat(this.indent) + text);
  }

  block(opening, body) {
    this.line(`${opening} {`);
    this.indent += 1;
    body();
    this.indent -= 1;
    this.line('}');
  }

  at(distance = this.passed) {
    return distance === 0 ? 'p' : `p + ${distance}`;
  }

  /** Makes `p` itself the position, `bytes` further on. */
  settle(bytes = 0) {
    const distance = this.passed + bytes;
    if (distance > 0) this.line(`p += ${distance};`);
    this.passed = 0;
    this.ensured = 0;
  }

  /** Emits the statement that moves `p` to `expression`. */
  moveTo(expression) {
    this.line(`p = ${expression};`);
    this.passed = 0;
    this.ensured = 0;
  }

  ensure(bytes) {
    if (bytes <= this.ensured) return;
    this.line(`if (${this.at(bytes)} > r.end) truncated(r, '${this.type.name}', p, ${bytes});`);
    this.ensured = bytes;
  }

  /** Passes the parts in turn; a part is [label, schema], the label naming the field in errors. */
  sequence(parts) {
    parts.forEach(([label, schema], i) => {
      if (!isStraight(schema)) return this.variable(label, schema);
      const next = parts.findIndex(([, later], j) => j > i && !isStraight(later));
      const run = parts.slice(i, next < 0 ? undefined : next);
      this.ensure(this.passed + run.reduce((total, [, part]) => total + minBytes(part), 0));
      this.straight(label, schema);
    });
  }

  straight(label, schema) {
    const at = this.at();
    if (isPlain(schema)) {
      this.passed += minBytes(schema);
    } else if (schema.kind === 'struct') {
      for (const [name, field] of schema.entries) this.straight(`${schema.name}.${name}`, unwrap(field));
    } else {
      if (schema.kind === 'bool') this.line(`readFlag(r, ${at}, '${label}');`);
      else this.line(`checkArm(r, ${at}, '${schema.name}', ${range(schema).join(', ')});`);
      this.passed += minBytes(schema);
    }
  }

  variable(label, schema) {
    const at = this.at();
    switch (schema.kind) {
      case 'struct':
      case 'union':
        return this.moveTo(this.call(schema));
      case 'varOpaque':
      case 'string':
        return this.moveTo(`skipOpaque(r, ${at}, '${schema.name ?? label}'${limit(schema)})`);
      case 'option':
        return this.option(label, unwrap(schema.element));
      case 'array':
        return this.array(label, unwrap(schema.element), limit(schema));
      default:
        throw new Error(`no code for a ${schema.kind} of variable size in ${label}`);
    }
  }

  call(schema) {
    const head = this.heads.get(schema);
    const sameCycle = head !== undefined && head === this.heads.get(this.type);
    const depth = sameCycle ? (schema === head ? ', depth + 1' : ', depth') : '';
    return `skip${schema.name}(r, ${this.at()}${depth})`;
  }

  option(label, element) {
    const present = `has${capitalised(local(label))}`;
    this.line(`const ${present} = readFlag(r, ${this.at()}, '${label}');`);
    this.settle(4);
    if (!isStraight(element) && hasFunction(element)) {
      this.line(`if (${present}) p = ${this.call(element)};`);
    } else {
      this.block(`if (${present})`, () => {
        this.sequence([[label, element]]);
        this.settle();
      });
    }
    this.ensured = 0;
  }

  array(label, element, limitArgument) {
    const bytes = minBytes(element);
    if (bytes === 0) throw new Error(`elements of ${label} may be empty: a count could not be bounded`);
    const count = `arrayCount(r, ${this.at()}, '${label}', ${bytes}${limitArgument})`;
    if (isPlain(element)) return this.moveTo(`${this.at(this.passed + 4)} + ${bytes} * ${count}`);

    const name = `${local(label)}Count${this.loops || ''}`;
    const i = 'ijk'[this.loops];
    this.line(`const ${name} = ${count};`);
    this.settle(4);
    const loop = `for (let ${i} = 0; ${i} < ${name}; ${i} += 1)`;
    this.loops += 1;
    if (!isStraight(element) && hasFunction(element)) {
      this.line(`${loop} p = ${this.call(element)};`);
    } else {
      this.block(loop, () => {
        // arrayCount has seen to it that so many elements of this size are there.
        if (isStraight(element)) this.ensured = bytes;
        this.sequence([[label, element]]);
        this.settle();
      });
    }
    this.loops -= 1;
    this.ensured = 0;
  }

  /** Ends a path of the function: returns the position. */
  finish() {
    if (this.passed > 0) return this.line(`return ${this.at()};`);
    const last = /^( *)p (\+?)= (.*);$/.exec(this.lines.at(-1));
    if (last === null || last[1].length !== 2 * this.indent) return this.line('return p;');
    this.lines.pop();
    this.line(`return ${last[2] ? 'p + ' : ''}${last[3]};`);
  }

  structure() {
    const { name, entries } = this.type;
    this.sequence(entries.map(([field, schema]) => [`${name}.${field}`, unwrap(schema)]));
    this.finish();
  }

  union() {
    const { name, cases } = this.type;
    if (isStraight(this.type)) {
      this.sequence([[name, this.type]]);
      return this.finish();
    }
    this.ensure(4);
    this.line('const arm = r.view.getInt32(p);');
    this.block('switch (arm)', () => {
      const groups = new Map();
      for (const { name: caseName, discriminant, arm } of cases) {
        const code = this.armCode(caseName, unwrap(arm));
        groups.set(code, [...(groups.get(code) ?? []), [discriminant, caseName]]);
      }
      for (const [code, labels] of groups) {
        // Declarations of an arm want a scope of their own.
        const scoped = /^ *const /m.test(code);
        labels.forEach(([value, caseName], i) => {
          this.line(`case ${value}: ${scoped && i === labels.length - 1 ? '{ ' : ''}// ${caseName}`);
        });
        this.lines.push(code);
        if (scoped) this.line('}');
      }
      this.line('default:');
      this.line(`  return unknownArm('${name}', p, arm);`);
    });
  }

  armCode(caseName, arm) {
    const body = new FunctionBody(this.type, this.heads);
    body.indent = this.indent + 1;
    body.passed = 4;
    body.ensured = 4;
    body.sequence([[`${this.type.name}.${caseName}`, arm]]);
    body.finish();
    return body.lines.join('\n');
  }
}

const local = (label) => label.slice(label.lastIndexOf('.') + 1);
const capitalised = (word) => word.charAt(0).toUpperCase() + word.slice(1);
const limit = (schema) => (schema.maxLength === UNLIMITED ? '' : `, ${schema.maxLength}`);

/** First and last value of an enum, or of a union's discriminant, which must leave no gap. */
function range(schema) {
  const values = schema.kind === 'enum' ? [...schema.nameByValue.keys()] : schema.cases.map((c) => c.discriminant);
  values.sort((a, b) => a - b);
  const [first, last] = [values[0], values.at(-1)];
  if (last - first !== values.length - 1) throw new Error(`the values of ${schema.name} have gaps`);
  return [first, last];
}

function describe(type, heads) {
  const bytes = isStraight(type) ? `${minBytes(type)} bytes` : `at least ${minBytes(type)} bytes`;
  const on = type.kind === 'union' ? ` on ${type.switchOn.name ?? 'int'}` : '';
  const head = heads.get(type);
  const recursive = head === undefined ? '' : head === type ? ', recursive' : `, recursive through ${head.name}`;
  return `/** ${type.name}: ${type.kind}${on}, ${bytes}${recursive}. */`;
}

/** The text of `skip<Type>`. `heads` are the heads of the recursive types' cycles. */
export function skipFunction(type, heads) {
  const body = new FunctionBody(type, heads);
  if (type.kind === 'struct') body.structure();
  else body.union();
  const depth = heads.has(type) ? ', depth = 0' : '';
  const guard = heads.get(type) === type ? [`  if (depth >= MAX_NESTING) tooDeep('${type.name}', p);`] : [];
  return [
    describe(type, heads),
    `export function skip${type.name}(r: XdrReader, p: number${depth}): number {`,
    ...guard,
    ...body.lines,
    '}',
  ].join('\n');
}
