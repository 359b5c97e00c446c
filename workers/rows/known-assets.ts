/** Assets whose contracts are known by derivation: native, the configured ones, and those the filters name. */
import { contractStrKey, parseAccountStrKey } from '../text/strkey.js';
import { sameHash } from '../xdr/words.js';
import type { KnownAsset, RowFilters } from '../request.js';
import type { Asset, Network } from './network.js';

export const NATIVE_CODE = 'native';

export class KnownAssets {
  private readonly native: Asset;
  private readonly nativeContractId: Buffer;
  private readonly byContract = new Map<string, Asset>();

  constructor(network: Network, assets: readonly KnownAsset[]) {
    this.nativeContractId = network.nativeContractId;
    const contractId = contractStrKey(network.nativeContractId, 0);
    this.native = { type: 'native', code: null, issuer: null, contractId };
    for (const { code, issuer } of assets) {
      const issuerKey = parseAccountStrKey(issuer);
      if (issuerKey === undefined) throw new Error(`known asset with an unchecked issuer: ${issuer}`);
      const id = network.creditContractId(Buffer.from(code), issuerKey);
      this.byContract.set(id.toString('latin1'), {
        type: Buffer.byteLength(code) <= 4 ? 'credit_alphanum4' : 'credit_alphanum12',
        code,
        issuer,
        contractId: contractStrKey(id, 0),
      });
    }
  }

  /** The asset whose own contract has the 32-byte id at `at`, if it is a known one. */
  ofContract(bytes: Buffer, at: number): Asset | undefined {
    if (sameHash(this.nativeContractId, 0, bytes, at)) return this.native;
    if (this.byContract.size === 0) return undefined;
    return this.byContract.get(bytes.toString('latin1', at, at + 32));
  }
}

/** `configured` and every code × issuer that the filters name. */
export function knownAssetsOf(configured: readonly KnownAsset[], filters: RowFilters): KnownAsset[] {
  const codes = (filters.assetCodes ?? []).filter((code) => code !== NATIVE_CODE);
  const named = codes.flatMap((code) => (filters.assetIssuers ?? []).map((issuer) => ({ code, issuer })));
  return [...configured, ...named];
}
