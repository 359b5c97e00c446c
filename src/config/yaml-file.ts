/** The configuration file: YAML sections of known keys, as values by dotted path. */
import { readFileSync } from 'node:fs';
import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml';
import type { RawScalar, RawValue } from './kinds/kind.js';
import { nearMiss } from './near-miss.js';

export interface YamlFile {
  readonly path: string;
  /** By dotted path; keys without a value are absent. */
  readonly values: ReadonlyMap<string, RawValue>;
  /** What is wrong with the file itself: unreadable, no YAML, unknown keys. Each names its line. */
  readonly faults: readonly string[];
}

/** Reads a file that may hold the keys `known` (dotted paths). Never throws. */
export function readYamlFile(path: string, known: readonly string[]): YamlFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { path, values: new Map(), faults: [`${path}: cannot be read: ${reason}`] };
  }
  return parseYaml(path, text, known);
}

export function parseYaml(path: string, text: string, known: readonly string[]): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faultAt = (offset: number, message: string): string => `${path} line ${lines.linePos(offset).line}: ${message}`;
  const values = new Map<string, RawValue>();
  if (document.errors.length > 0) {
    return { path, values, faults: document.errors.map((error) => faultAt(error.pos[0], error.message)) };
  }

  const faults: string[] = [];
  const read = (node: unknown, at: string, offset: number): void => {
    const isSection = at === '' || known.some((key) => key.startsWith(`${at}.`));
    if (!isSection) {
      const value = rawValue(node);
      if (value === undefined) faults.push(faultAt(offset, `${at}: a value or a list of values expected`));
      else if (value !== null) values.set(at, value);
      return;
    }
    if (isScalar(node) && node.value === null) return;
    if (!isMap<Node>(node)) {
      faults.push(faultAt(offset, `${at === '' ? 'the file' : at}: keys with values expected`));
      return;
    }
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : key.toString();
      const path = at === '' ? name : `${at}.${name}`;
      const keyOffset = key.range?.[0] ?? 0;
      if (known.some((one) => one === path || one.startsWith(`${path}.`))) read(value, path, keyOffset);
      else faults.push(faultAt(keyOffset, unknownKey(path, known)));
    }
  };
  if (document.contents !== null) read(document.contents, '', 0);
  return { path, values, faults };
}

/** Undefined where a node is neither a scalar nor a list of scalars; null where it has no value. */
function rawValue(node: unknown): RawValue | null | undefined {
  if (node === null) return null;
  if (isScalar(node)) return node.value === null ? null : scalar(node.value);
  if (!isSeq(node)) return undefined;
  const members = node.items.map((item) => (isScalar(item) ? scalar(item.value) : undefined));
  return members.every((member) => member !== undefined) ? members : undefined;
}

function scalar(value: unknown): RawScalar | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function unknownKey(path: string, known: readonly string[]): string {
  const meant = nearMiss(path, known);
  return `unknown key ${path}${meant === undefined ? '' : ` (${meant}?)`}`;
}
