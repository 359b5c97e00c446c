/** A network by its passphrase, and the contract ids that assets have on it. */
import { hash } from 'node:crypto';
import { wordBytes } from '../xdr/words.js';

/** An asset as rows name it. Native has neither code nor issuer. */
export interface Asset {
  readonly type: 'native' | 'credit_alphanum4' | 'credit_alphanum12';
  readonly code: string | null;
  /** `G…` strkey. */
  readonly issuer: string | null;
  /** `C…` strkey of the asset's own contract. */
  readonly contractId: string;
}

// EnvelopeType, ContractIDPreimageType, AssetType and PublicKeyType members.
const ENVELOPE_TYPE_CONTRACT_ID = 8;
const CONTRACT_ID_PREIMAGE_FROM_ASSET = 1;
const ASSET_TYPE_NATIVE = 0;
const ASSET_TYPE_CREDIT_ALPHANUM4 = 1;
const ASSET_TYPE_CREDIT_ALPHANUM12 = 2;
const PUBLIC_KEY_TYPE_ED25519 = 0;

export class Network {
  readonly passphrase: string;
  /** sha256 of the passphrase: what transaction hashes and contract ids are made under. */
  readonly id: Buffer;
  readonly nativeContractId: Buffer;

  constructor(passphrase: string) {
    this.passphrase = passphrase;
    this.id = hash('sha256', passphrase, 'buffer');
    this.nativeContractId = this.contractIdFromAsset(wordBytes(ASSET_TYPE_NATIVE));
  }

  /**
   * Contract id of a credit asset. `code` is 1 to 12 bytes; its length alone decides between alphanum4 (up to 4) and
   * alphanum12. `issuer` is the account's 32-byte ed25519 key.
   */
  creditContractId(code: Uint8Array, issuer: Uint8Array): Buffer {
    const isShort = code.length <= 4;
    const paddedCode = Buffer.alloc(isShort ? 4 : 12);
    paddedCode.set(code);
    const type = wordBytes(isShort ? ASSET_TYPE_CREDIT_ALPHANUM4 : ASSET_TYPE_CREDIT_ALPHANUM12);
    return this.contractIdFromAsset(type, paddedCode, wordBytes(PUBLIC_KEY_TYPE_ED25519), issuer);
  }

  /** sha256 of HashIDPreimage { ENVELOPE_TYPE_CONTRACT_ID, networkID, ContractIDPreimage { FROM_ASSET, asset } }. */
  private contractIdFromAsset(...asset: Uint8Array[]): Buffer {
    const preimage = [
      wordBytes(ENVELOPE_TYPE_CONTRACT_ID),
      this.id,
      wordBytes(CONTRACT_ID_PREIMAGE_FROM_ASSET),
      ...asset,
    ];
    return hash('sha256', Buffer.concat(preimage), 'buffer');
  }
}
