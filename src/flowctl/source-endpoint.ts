/** The kind of SOURCE_ENDPOINT: an address, or the word that has flowctl asked for one. */
import { type Address, endpoint } from '../config/kinds/address.js';
import type { Kind } from '../config/kinds/kind.js';

/** `SOURCE_ENDPOINT=flowctl`: the source is the one that flowctl's registry names. */
export const DISCOVERED = 'flowctl';

export const sourceEndpoint: Kind<Address | typeof DISCOVERED> = {
  name: endpoint.name,
  bounds: `host:port or ${DISCOVERED}`,
  form: endpoint.form,
  parse(raw) {
    if (typeof raw === 'string' && raw.trim() === DISCOVERED) return { value: DISCOVERED };
    const parsed = endpoint.parse(raw);
    if ('value' in parsed) return parsed;
    return { misfit: { ...parsed.misfit, expected: `${DISCOVERED} or ${parsed.misfit.expected}` } };
  },
  show: (value) => (value === DISCOVERED ? DISCOVERED : endpoint.show(value)),
};
