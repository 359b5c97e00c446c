/** Network passphrases by the names that people use. */
export const NETWORK_PASSPHRASES: Readonly<Record<string, string>> = {
  public: 'Public Global Stellar Network ; September 2015',
  testnet: 'Test SDF Network ; September 2015',
  futurenet: 'Test SDF Future Network ; October 2022',
  standalone: 'Standalone Network ; February 2017',
};

export const DEFAULT_NETWORK_PASSPHRASE = NETWORK_PASSPHRASES.testnet!;

/** A known name's passphrase; anything else is a passphrase itself. */
export function networkPassphrase(nameOrPassphrase: string): string {
  return NETWORK_PASSPHRASES[nameOrPassphrase.toLowerCase()] ?? nameOrPassphrase;
}
