/** What the benches run on: the generator's ledgers, and ledger files given on the command line. */
import { basename } from 'node:path';
import { readLedgerFile } from '../src/input/ledger-file.js';
import { createLedgerGenerator } from '../src/simulate/ledger-generator.js';
import { NETWORK_PASSPHRASES } from '../src/request/networks.js';
import { parseRowRequest } from '../src/request/row-request.js';
import { LedgerDecoder } from '../workers/decode.js';
import { asProcessorError, ProcessorError } from '../workers/errors.js';

export interface BenchInput {
  readonly name: string;
  readonly ledgers: readonly Uint8Array[];
  readonly networkPassphrase: string;
  /** Bytes of all ledgers. */
  readonly bytes: number;
  /** Contract-data rows of all ledgers. */
  readonly rows: number;
}

const SIMULATED_PASSPHRASE = 'Test SDF Network ; September 2015';
/** A file in a bench is a sample of its kind: more of it would only take longer to warm up. */
const MOST_LEDGERS = 64;

export function simulatedInput(name: string, txsPerLedger: number, count: number): BenchInput {
  const generator = createLedgerGenerator({ seed: 1, networkPassphrase: SIMULATED_PASSPHRASE, txsPerLedger });
  const ledgers = Array.from({ length: count }, (_, i) => generator.ledger(1000 + i));
  return benchInput(name, ledgers, SIMULATED_PASSPHRASE);
}

/** Of the networks that ledger files are of; the last two are those of stellar-core's load tests. */
const KNOWN_PASSPHRASES = [...Object.values(NETWORK_PASSPHRASES), 'load test network', '(V) (;,,;) (V)'];

/** Ledgers of a file, of that of `passphrases` which their transactions are signed for. */
export async function fileInput(file: string, passphrases: readonly string[] = KNOWN_PASSPHRASES): Promise<BenchInput> {
  const ledgers: Uint8Array[] = [];
  for await (const { bytes } of readLedgerFile(file)) {
    ledgers.push(bytes);
    if (ledgers.length === MOST_LEDGERS) break;
  }
  for (const passphrase of passphrases) {
    try {
      return benchInput(basename(file), ledgers, passphrase);
    } catch (error) {
      if (asProcessorError(error).code !== 'PASSPHRASE_MISMATCH') throw error;
    }
  }
  throw new Error(`${file}: none of the known networks is its own; give its --network-passphrase`);
}

function benchInput(name: string, ledgers: readonly Uint8Array[], networkPassphrase: string): BenchInput {
  const decoder = new LedgerDecoder(parseRowRequest({ columns: ['change_index'] }, networkPassphrase));
  const { ledgers: decoded, error } = decoder.decode(ledgers.map((bytes) => ({ bytes, form: 'ledger' })));
  if (error !== undefined) throw ProcessorError.fromPlain(error);
  const bytes = ledgers.reduce((sum, ledger) => sum + ledger.byteLength, 0);
  const rows = decoded.reduce((sum, ledger) => sum + ledger.rows, 0);
  return { name, ledgers, networkPassphrase, bytes, rows };
}
