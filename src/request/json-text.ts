/** JSON text from outside. Stricter than JSON.parse, which lets the last of two equal keys win in silence. */
import { parseDocument } from 'yaml';
import { ProcessorError } from '../../workers/errors.js';

/** The value of JSON text; REQUEST_INVALID where it is malformed or gives a key twice. `what` names it in errors. */
export function parseJsonText(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProcessorError('REQUEST_INVALID', `${what} is not JSON: ${reason}`, {}, cause);
  }
  // JSON is YAML too, and the YAML parser reports keys given twice.
  const duplicate = parseDocument(text, { uniqueKeys: true }).errors.find((error) => error.code === 'DUPLICATE_KEY');
  if (duplicate !== undefined) {
    const key = /^"((?:[^"\\]|\\.)*)"/.exec(text.slice(duplicate.pos[0]))?.[1] ?? '';
    throw new ProcessorError('REQUEST_INVALID', `${what} gives the key "${key}" twice`, { key });
  }
  return value;
}
