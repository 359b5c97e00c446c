/** Kinds of plain values: text, choices, switches, whole numbers. */
import { networkPassphrase, NETWORK_PASSPHRASES } from '../../request/networks.js';
import { type Kind, type RawScalar, scalarKind } from './kind.js';

/** Text that is not empty. `what` names it in errors and documentation, for example `file path`. */
export function text(what: string): Kind<string> {
  return scalarKind({
    name: what,
    expected: what,
    read: (raw) => (typeof raw === 'string' && raw !== '' ? raw : undefined),
  });
}

export function choice<const T extends string>(...choices: readonly T[]): Kind<T> {
  const list = choices.join(', ');
  return scalarKind({
    name: 'choice',
    bounds: list,
    expected: `one of ${list}`,
    read: (raw) => choices.find((name) => name === raw),
  });
}

/** The spellings Go's strconv.ParseBool takes, in any case, as the predecessor did. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
]);

export const boolean: Kind<boolean> = scalarKind({
  name: 'boolean',
  form: 'switch',
  expected: 'true or false',
  read: (raw) => BOOLEANS.get(String(raw).toLowerCase()),
});

/** A whole number of `unit` (plural), both bounds inclusive. */
export function integer(unit: string, lowest: number, highest: number): Kind<number> {
  return scalarKind({
    name: 'integer',
    bounds: `${lowest} to ${highest} ${unit}`,
    expected: `a whole number of ${unit} from ${lowest} to ${highest}`,
    read: (raw) => {
      const value = wholeNumber(raw);
      return value !== undefined && value >= lowest && value <= highest ? value : undefined;
    },
  });
}

/** A TCP port to listen on; 0 lets the system choose. */
export const port: Kind<number> = scalarKind({
  name: 'port',
  bounds: '0 to 65535',
  expected: 'a port from 0 to 65535 (0: any free one)',
  read: (raw) => {
    const value = wholeNumber(raw);
    return value !== undefined && value <= 65_535 ? value : undefined;
  },
});

/** A network passphrase, or the name of a known network, which stands for its passphrase. */
export const network: Kind<string> = scalarKind({
  name: 'passphrase',
  bounds: `or ${Object.keys(NETWORK_PASSPHRASES).join(', ')}`,
  expected: `a network passphrase, or one of ${Object.keys(NETWORK_PASSPHRASES).join(', ')}`,
  read: (raw) => (typeof raw === 'string' && raw !== '' ? networkPassphrase(raw) : undefined),
});

function wholeNumber(raw: RawScalar): number | undefined {
  const value = typeof raw === 'number' ? raw : typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : NaN;
  return Number.isInteger(value) && value >= 0 ? value : undefined;
}
