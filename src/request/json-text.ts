/** JSON text from outside. Stricter than JSON.parse, which lets the last of two equal keys win in silence. */
import { ProcessorError } from '../../workers/errors.js';

/** Strings, with what makes one a key, and the brackets around objects and arrays. */
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/gs;

/** The value of JSON text; REQUEST_INVALID where it is malformed or gives a key twice. `what` names it in errors. */
export function parseJsonText(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProcessorError('REQUEST_INVALID', `${what} is not JSON: ${reason}`, {}, cause);
  }
  const key = keyGivenTwice(text);
  if (key !== undefined) {
    throw new ProcessorError('REQUEST_INVALID', `${what} gives the key ${JSON.stringify(key)} twice`, { key });
  }
  return value;
}

/** The first key that one object of valid JSON text has twice. */
function keyGivenTwice(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(TOKENS)) {
    if (string === undefined) {
      if (token === '{' || token === '[') open.push(new Set());
      else open.pop();
    } else if (colon !== undefined) {
      const key = JSON.parse(string) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
