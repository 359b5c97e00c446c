/** Lists that end up in row requests, checked member by member as a request's own are. */
import { rowRequestShape } from '../../request/row-request.js';
import type { Kind, RawValue } from './kind.js';

const filters = rowRequestShape.filters.unwrap().shape;

interface MemberCheck {
  safeParse(members: readonly string[]): { readonly success: boolean };
}

export const contractIds = rowList('contract ids', 'C… strkeys', filters.contract_ids);
export const assetCodes = rowList('asset codes', '1 to 12 letters and digits, or native', filters.asset_codes);
export const accounts = rowList('accounts', 'G… strkeys', filters.asset_issuers);
export const knownAssets = rowList('assets', 'CODE:ISSUER', rowRequestShape.known_assets);

/**
 * A list with commas between its members, or a YAML list of strings; spaces around members are dropped, and so are
 * empty members.
 */
function rowList(name: string, bounds: string, check: MemberCheck): Kind<readonly string[]> {
  return {
    name: `list of ${name}`,
    bounds,
    form: 'list',
    parse(raw) {
      const members = listMembers(raw);
      if (members === undefined) return { misfit: { expected: `a list of ${name} (${bounds}) as text`, found: raw } };
      const wrong = members.find((member) => !check.safeParse([member]).success);
      if (wrong !== undefined) return { misfit: { expected: `a list of ${name} (${bounds})`, found: wrong } };
      return { value: Object.freeze(members) };
    },
    show: (members) => members.join(','),
  };
}

/** Undefined where a member is no text: a YAML number such as 007 would have lost what was written. */
function listMembers(raw: RawValue): string[] | undefined {
  const texts = typeof raw === 'object' ? raw : [raw];
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  return texts
    .flatMap((list) => list.split(','))
    .map((member) => member.trim())
    .filter((member) => member !== '');
}
