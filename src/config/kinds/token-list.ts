/** Bearer tokens: secrets, never printed. */
import type { Kind } from './kind.js';

/** What a bearer token is made of (RFC 6750, 2.1). */
const TOKEN = /^[A-Za-z0-9\-._~+/]{8,}=*$/;

/** A list with commas between tokens of at least 8 characters, or a YAML list. */
export const tokenList: Kind<readonly string[]> = {
  name: 'list of tokens',
  bounds: 'letters, digits and -._~+/ each, at least 8',
  form: 'list',
  parse(raw) {
    const members = (typeof raw === 'object' ? raw : [raw]).flatMap((member) => String(member).split(','));
    const tokens = members.map((member) => member.trim()).filter((member) => member !== '');
    if (tokens.every((token) => TOKEN.test(token))) return { value: Object.freeze(tokens) };
    return { misfit: { expected: 'tokens of at least 8 letters, digits and -._~+/', found: raw } };
  },
  show: (tokens) => tokens.join(','),
};
