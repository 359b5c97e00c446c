/**
 * The assets of the simulated network. Issuers depend on nothing, so that `USDC:G…` is the same with every seed;
 * contract ids derive from code, issuer and network as everywhere (CAP-46-06).
 */
import { createHash } from 'node:crypto';
import { Asset, StrKey } from '@stellar/stellar-base';

/** Codes of both lengths; XLM is the native asset. */
const CODES = ['XLM', 'USDC', 'EURC', 'BTC', 'yXLM', 'AQUA', 'STABLECOIN12', 'GOLDBAR'] as const;

export type AssetCode = (typeof CODES)[number];

export const ASSETS: ReadonlyMap<AssetCode, Asset> = new Map(CODES.map((code) => [code, assetOf(code)]));

/** The 32 bytes of each asset's contract id. */
export function assetContractIds(networkPassphrase: string): ReadonlyMap<AssetCode, Uint8Array> {
  return new Map(CODES.map((code) => [code, StrKey.decodeContract(assetOf(code).contractId(networkPassphrase))]));
}

function assetOf(code: AssetCode): Asset {
  if (code === 'XLM') return Asset.native();
  const issuer = createHash('sha256').update(`simulated issuer of ${code}`).digest();
  return new Asset(code, StrKey.encodeEd25519PublicKey(issuer));
}
