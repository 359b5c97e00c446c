/** Filters as the control plane's messages carry them, and as requests do in JSON. */
import { ProcessorError } from '../../workers/errors.js';

/** Filters by the names of a request's JSON. */
export type Filters = Readonly<Record<string, unknown>>;

/** In messages and in JSON alike. */
const FILTER_NAMES: readonly string[] = [
  'contract_ids',
  'asset_codes',
  'asset_issuers',
  'balance_holders',
  'include_deleted',
  'min_balance',
  'modified_after_ledger',
  'key_types',
  'durabilities',
  'change_types',
  'changed_only',
];

/** The fields of `message` that are filters and say something: not unset, and not an empty list. */
export function filtersOf(message: object): Filters {
  const fields = new Map<string, unknown>(Object.entries(message));
  return Object.fromEntries(
    FILTER_NAMES.map((name) => [name, fields.get(name)] as const).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** `filters` without those named. Throws REQUEST_INVALID for a name that is none. */
export function without(filters: Filters, names: readonly string[]): Filters {
  const unknown = names.find((name) => !FILTER_NAMES.includes(name));
  if (unknown !== undefined) {
    const message = `clear: one of ${FILTER_NAMES.join(', ')} expected, ${JSON.stringify(unknown)} found`;
    throw new ProcessorError('REQUEST_INVALID', message, { key: 'clear' });
  }
  return Object.fromEntries(Object.entries(filters).filter(([name]) => !names.includes(name)));
}

/** What a message asks for: some filters set, others removed, the rest as it is. */
export class FilterChange {
  private readonly set: Filters;
  private readonly clear: readonly string[];

  /** Throws REQUEST_INVALID for a filter that is both set and cleared. */
  constructor(message: object & { readonly clear: readonly string[] }) {
    this.set = filtersOf(message);
    this.clear = message.clear;
    const twice = this.clear.find((name) => name in this.set);
    if (twice === undefined) return;
    throw new ProcessorError('REQUEST_INVALID', `clear: ${twice} is given a value too`, { key: 'clear' });
  }

  appliedTo(filters: Filters): Filters {
    return { ...without(filters, this.clear), ...this.set };
  }
}
