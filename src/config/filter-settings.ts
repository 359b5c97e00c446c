/** The settings of `serve` for which rows a request gets that leaves it out. */
import { accounts, assetCodes, contractIds, knownAssets } from './kinds/row-list.js';
import { boolean } from './kinds/scalars.js';
import type { Settings } from './setting.js';

export const FILTER_SETTINGS = {
  filterContractIds: {
    env: 'FILTER_CONTRACT_IDS',
    yaml: 'filters.contract_ids',
    kind: contractIds,
    default: '',
    sentence: 'Rows of these contracts only, where a request names none.',
  },
  filterAssetCodes: {
    env: 'FILTER_ASSET_CODES',
    yaml: 'filters.asset_codes',
    kind: assetCodes,
    default: '',
    sentence: 'Rows that carry an asset with one of these codes only, where a request names none.',
  },
  filterAssetIssuers: {
    env: 'FILTER_ASSET_ISSUERS',
    yaml: 'filters.asset_issuers',
    kind: accounts,
    default: '',
    sentence: 'Rows that carry an asset of one of these issuers only, where a request names none.',
  },
  includeDeleted: {
    env: 'INCLUDE_DELETED',
    yaml: 'filters.include_deleted',
    kind: boolean,
    default: 'true',
    sentence:
      'Whether removed and evicted entries give rows, where a request does not say; state cannot be rebuilt without.',
  },
  knownAssets: {
    env: 'KNOWN_ASSETS',
    yaml: 'filters.known_assets',
    kind: knownAssets,
    default: '',
    sentence: 'Assets whose balances are to carry code and issuer; native is always known.',
  },
} as const satisfies Settings;
