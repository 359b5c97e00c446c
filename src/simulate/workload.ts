/**
 * The workload: which transactions the simulated network sees, and what they do to which entries.
 *
 * A slot of a ledger always carries the same kind of transaction; {@link PATTERN} says which. The kind's entries are
 * one group for each of `periodLedgers` ledgers in turn, and each group goes through the kind's scenes.
 */
import { type AssetCode, ASSETS } from './assets.js';
import { assetInstance, type EntryShape, SHAPES } from './entry-shapes.js';
import { parseStory, type Scene } from './story.js';

export type Operation = 'payment' | 'creditPayment' | 'invoke' | 'extend' | 'restore';

/** Whose an entry is: the called contract's, or that of an asset's contract. */
export type RowContract = 'called' | AssetCode;

/**
 * What tells two entries of a shape apart: `group` entries live as long as their group, `fresh` ones are new at each
 * touch, `called` ones belong to the called contract.
 */
export type RowIdentity = 'group' | 'fresh' | 'called';

export interface RowSpec {
  readonly shape: EntryShape;
  readonly contract: RowContract;
  readonly identity: RowIdentity;
  readonly story: readonly Scene[];
}

export interface TransactionKind {
  readonly name: string;
  /** Operation of each scene. */
  readonly operations: readonly Operation[];
  readonly rows: readonly RowSpec[];
  readonly periodLedgers: number;
  /** The contract that is called: the group's own, a new one each time, one of a few busy pools, an asset's. */
  readonly contract: RowContract | 'fresh' | 'pool';
  readonly failed: boolean;
  readonly feeBump: boolean;
}

/** Ledgers from one touch of a group to the next. */
const PERIOD_LEDGERS = 32;

const { instance, bareInstance, balance, lookAlikeBalance, nonce, code } = SHAPES;

const row = (
  shape: EntryShape,
  story: string,
  from: { contract?: RowContract; identity?: RowIdentity; periodLedgers?: number } = {},
): RowSpec => ({
  shape,
  contract: from.contract ?? 'called',
  identity: from.identity ?? 'group',
  story: parseStory(story, from.periodLedgers ?? PERIOD_LEDGERS),
});

/** A kind with the defaults of a successful contract call; its number of scenes is that of `operations`. */
const kind = (
  name: string,
  operations: readonly Operation[],
  rows: readonly RowSpec[],
  more: Partial<TransactionKind> = {},
): TransactionKind => ({
  name,
  operations,
  rows,
  periodLedgers: PERIOD_LEDGERS,
  contract: 'called',
  failed: false,
  feeBump: false,
  ...more,
});

const invokes = (scenes: number): Operation[] => Array.from({ length: scenes }, () => 'invoke');

// The scenes of an application: it is called, extended (5), archived (after 6), restored (7), archived again, and so on.
const APP: Operation[] = [...invokes(5), 'extend', 'invoke', 'restore', ...invokes(7)];
const WHOLE_LIFE = '  C  U  W  W+ W  .+ W/ R  W  U/ RU W  X  C/ RX';
const BUSY_LIFE = '   C  W  U  W  W  .+ U/ R  W  W/ RU U  W  X  . ';
const NEVER_GONE = '  U  W  W+ W  U  .+ W  .  W  W  U+ W  W  W  W ';
const ARCHIVED = '    W  U  W  W  W  .+ W/ R  W  U  W  W/ RU W  W ';
const TEMPORARY = '   C  U  W/ C  W/ .  C/ .  C  U+ W  X  C/ C  U/';
const EXTENDED = '    .  .  .  .  .  .+ .  .  .  .  .  .  .  .  . ';

const lending = kind('lending', APP, [
  row(instance, NEVER_GONE),
  row(code, EXTENDED),
  row(SHAPES.reserve, NEVER_GONE),
  row(SHAPES.position, WHOLE_LIFE),
  row(SHAPES.config, ARCHIVED),
  row(balance, ARCHIVED, { contract: 'USDC', identity: 'called' }),
  row(SHAPES.byU32, WHOLE_LIFE),
  row(SHAPES.byAddress, BUSY_LIFE),
  row(SHAPES.byMap, BUSY_LIFE),
  row(SHAPES.byI128, WHOLE_LIFE),
  row(SHAPES.byU64, BUSY_LIFE),
  row(SHAPES.allowance, TEMPORARY),
  row(lookAlikeBalance, NEVER_GONE),
]);

const registry = kind('registry', APP, [
  row(instance, ARCHIVED),
  row(SHAPES.byString, WHOLE_LIFE),
  row(SHAPES.byBytes, BUSY_LIFE),
  row(SHAPES.byU256, NEVER_GONE),
  row(SHAPES.byI256, BUSY_LIFE),
  row(SHAPES.byU128, ARCHIVED),
  row(SHAPES.byI64, WHOLE_LIFE),
  row(SHAPES.byI32, BUSY_LIFE),
  row(SHAPES.byTimepoint, WHOLE_LIFE),
  row(SHAPES.byDuration, BUSY_LIFE),
  row(SHAPES.byContract, NEVER_GONE),
  row(SHAPES.byError, BUSY_LIFE),
  row(SHAPES.byBool, ARCHIVED),
  row(SHAPES.byVoid, WHOLE_LIFE),
]);

/** A transfer from one contract to another, now and then to one that had no balance yet. */
const transfer = (asset: AssetCode, feeBump = false): TransactionKind =>
  kind(
    `transfer ${asset}`,
    invokes(8),
    [
      row(balance, 'U U U  U U U U U ', { contract: asset }),
      row(balance, '. U U+ U U U/ RU U', { contract: asset }),
      row(balance, 'C/ . . . . . . .', { contract: asset, identity: 'fresh' }),
    ],
    { contract: asset, feeBump },
  );

/** A swap: the pool's entries change in every swap, several times in a ledger; the trader's balances once. */
const swap = kind(
  'swap',
  invokes(4),
  [
    row(instance, 'U U U U', { identity: 'called' }),
    row(balance, 'U U U U', { contract: 'USDC', identity: 'called' }),
    row(balance, 'U U U U', { contract: 'yXLM', identity: 'called' }),
    row(balance, 'U W U U+', { contract: 'USDC' }),
    row(balance, 'U U U+ W', { contract: 'yXLM' }),
  ],
  { contract: 'pool' },
);

const session = kind('session', invokes(6), [
  row(nonce, 'C/ C/ C/ C/ C/ C/', { identity: 'fresh' }),
  row(SHAPES.allowance, 'C U W/ C/ C X'),
  row(SHAPES.session, 'C/ C U U+ X C/'),
  row(SHAPES.price, 'C U W U+ U/ C/'),
]);

/** A new contract with new code, which nobody calls again: both are archived. */
const deploy = kind(
  'deploy',
  invokes(1),
  [bareInstance, code, nonce].map((shape) => row(shape, 'C/', { identity: 'fresh' })),
  { contract: 'fresh' },
);

/** One row for each asset's instance, touched when it is the asset's turn: in each ledger the next one. */
const instancesInTurn = (tokens: readonly string[]): RowSpec[] =>
  Array.from(ASSETS, ([code, asset], turn) => {
    const scenes = tokens.flatMap((token) => Array.from(ASSETS, (_, at) => (at === turn ? token : '.')));
    return row(assetInstance(asset), scenes.join(' '), { contract: code, identity: 'called', periodLedgers: 1 });
  });

/** Rewrites, and sometimes changes, the instance of an asset's contract. */
const administer = kind('administer', invokes(3 * ASSETS.size), instancesInTurn(['W', 'U', 'W']), {
  periodLedgers: 1,
  contract: 'XLM',
});

/** Extends the instance of an asset's contract: several transactions of a ledger extend the same one. */
const keepAlive = kind(
  'keepAlive',
  Array.from(ASSETS, () => 'extend'),
  instancesInTurn(['.+']),
  { periodLedgers: 1, contract: 'XLM' },
);

const payment = kind('payment', ['payment'], []);
const creditPayment = kind('creditPayment', ['creditPayment'], []);
const underfunded = kind('underfunded', ['payment'], [], { failed: true });
const trapped = kind('trapped', ['invoke'], [], { failed: true });

/** The kinds of a ledger's slots, over and over. The first ten hold something of everything that matters most. */
const PATTERN: readonly TransactionKind[] = [
  ...[lending, payment, transfer('XLM'), swap, registry],
  ...[session, creditPayment, transfer('USDC', true), keepAlive, trapped],
  ...[lending, payment, swap, deploy, registry],
  ...[creditPayment, lending, underfunded, transfer('EURC'), administer],
];

export interface Slot {
  /** Number of the slot in the workload; with it goes the identity of all that its transactions touch. */
  readonly index: number;
  readonly kind: TransactionKind;
  /** How many slots before this one are of the same kind. */
  readonly ordinal: number;
}

/** The slots of a ledger of `transactions` transactions. */
export function slotsOf(transactions: number): Slot[] {
  const counts = new Map<TransactionKind, number>();
  return Array.from({ length: transactions }, (_, index) => {
    let slotKind = PATTERN[index % PATTERN.length]!;
    // A second one would change the same instance in the same ledger.
    if (slotKind === administer && counts.has(administer)) slotKind = payment;
    const ordinal = counts.get(slotKind) ?? 0;
    counts.set(slotKind, ordinal + 1);
    return { index, kind: slotKind, ordinal };
  });
}

export function isSoroban(slotKind: TransactionKind): boolean {
  return !['payment', 'creditPayment'].includes(slotKind.operations[0]!);
}
