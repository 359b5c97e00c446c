/** One scene of one kind of transaction, ready to be written: its templates and what has to be filled in. */
import { xdr } from '@stellar/stellar-base';
import { ASSETS } from './assets.js';
import { creditPaymentChanges, feeChanges, paymentChanges } from './classic-entries.js';
import { entryChanges, ttlKey } from './entry-changes.js';
import { SHAPES } from './entry-shapes.js';
import { feeBumpAround, transactionV1 } from './envelope.js';
import type { Scene } from './story.js';
import { Template } from './template.js';
import { ROWS, type RowFields, TRANSACTION, TRANSACTION_WORDS } from './transaction-fields.js';
import { type MetaForm, resultMeta } from './transaction-meta.js';
import { isSoroban, type RowSpec, type TransactionKind } from './workload.js';

/** A run of words in an encoded value; the end is exclusive. */
export interface WordRange {
  readonly start: number;
  readonly endExclusive: number;
}

/** A row that takes part in a scene. */
export interface ActiveRow {
  readonly spec: RowSpec;
  readonly fields: RowFields;
  /** Number of the row in its kind. */
  readonly index: number;
  readonly scene: Scene;
  /** The entry's LedgerKey, whose hash its TtlEntry goes by; undefined where no TtlEntry is spoken of. */
  readonly key: Template | undefined;
}

export interface TransactionScene {
  readonly envelope: Template;
  /** What is signed, and hashed behind the network id: the envelope's type and transaction (TransactionSignaturePayload). */
  readonly signed: WordRange;
  /** The same of the inner transaction of a fee bump. */
  readonly innerSigned: WordRange | undefined;
  readonly meta: Template;
  /** Rows that the transaction touches. */
  readonly rows: readonly ActiveRow[];
  /** Rows that are evicted later on, and the keys of theirs and of their TtlEntries that the ledger then lists. */
  readonly evictedRows: readonly ActiveRow[];
  readonly evictions: Template;
  readonly contractDataRows: number;
  readonly ttlRows: number;
  readonly evictedContractDataRows: number;
}

export interface SceneForm {
  readonly meta: MetaForm;
  /** Whether persistent entries are evicted too (from protocol 23 on, CAP-62), or only temporary ones. */
  readonly evictsPersistent: boolean;
}

/** Scene number `at` of `kind`. */
export function transactionScene(kind: TransactionKind, at: number, form: SceneForm): TransactionScene {
  const operation = kind.operations[at]!;
  const asset = ASSETS.get(operation === 'creditPayment' ? 'USDC' : 'XLM')!;
  const all = kind.rows.map((spec, index) => activeRow(spec, index, at));
  const rows = all.filter(({ scene }) => scene.change !== '.' || scene.ttlChanged);
  const evictedRows = all.filter((row) => row.scene.evicted && (form.evictsPersistent || isTemporary(row)));
  const declared = rows.map(({ spec, fields, scene }) => ({
    key: spec.shape.ledgerKey(fields),
    written: scene.change !== '.',
    nonce: spec.shape === SHAPES.nonce ? fields.id : undefined,
  }));
  const inner = transactionV1(operation, asset, declared);
  const envelope = kind.feeBump
    ? xdr.TransactionEnvelope.envelopeTypeTxFeeBump(feeBumpAround(inner))
    : xdr.TransactionEnvelope.envelopeTypeTx(inner);
  const operationChanges =
    operation === 'payment'
      ? paymentChanges()
      : operation === 'creditPayment'
        ? creditPaymentChanges(asset)
        : rows.flatMap(({ spec, fields, scene }) => entryChanges(spec.shape, fields, scene));
  const outcome = {
    ...kind,
    operation,
    soroban: isSoroban(kind),
    feeChanges: feeChanges(kind.feeBump),
    operationChanges,
  };
  const evictedKeys = evictedRows.flatMap(({ spec, fields }) => [spec.shape.ledgerKey(fields), ttlKey(fields)]);
  return {
    envelope: template(envelope),
    signed: { start: 0, endExclusive: 1 + wordsOf(envelope.value().tx()) },
    innerSigned: kind.feeBump ? innerRange(inner) : undefined,
    meta: template(resultMeta(form.meta, outcome)),
    rows,
    evictedRows,
    evictions: new Template(Buffer.concat(evictedKeys.map((key) => key.toXDR())), TRANSACTION_WORDS),
    contractDataRows: sum(rows.filter(isContractData), ({ scene }) => CHANGES[scene.change]),
    ttlRows: sum(rows, ({ scene }) => (!scene.ttlChanged ? 0 : scene.change === 'RX' ? 2 : 1)),
    evictedContractDataRows: evictedRows.filter(isContractData).length,
  };
}

/** Changes other than STATE that a scene makes to its entry. */
const CHANGES: Record<Scene['change'], number> = { C: 1, U: 1, W: 1, X: 1, R: 1, RU: 2, RX: 2, '.': 0 };

function activeRow(spec: RowSpec, index: number, at: number): ActiveRow {
  const scene = spec.story[at]!;
  const own = ROWS[index]!;
  const { contract } = TRANSACTION;
  // The order of properties is that of ROWS: one shape of object for all rows keeps the hot loops monomorphic.
  const fields: RowFields = {
    ...own,
    contract: spec.contract === 'called' ? contract : own.contract,
    id: spec.identity === 'called' ? contract : own.id,
  };
  const key = scene.ttlChanged || scene.evicted ? template(spec.shape.ledgerKey(fields)) : undefined;
  return { spec, fields, index, scene, key };
}

function isContractData({ spec }: ActiveRow): boolean {
  return spec.shape.isContractDataRow;
}

function isTemporary({ spec, fields }: ActiveRow): boolean {
  const key = spec.shape.ledgerKey(fields).value();
  return key instanceof xdr.LedgerKeyContractData && key.durability().name === 'temporary';
}

/** In a fee bump's envelope: behind its type (1 word), fee source (9) and fee (2). */
function innerRange(inner: xdr.TransactionV1Envelope): WordRange {
  const start = 12;
  return { start, endExclusive: start + 1 + wordsOf(inner.tx()) };
}

function wordsOf(value: { toXDR(): Buffer }): number {
  return value.toXDR().length / 4;
}

function template(value: { toXDR(): Buffer }): Template {
  return new Template(value.toXDR(), TRANSACTION_WORDS);
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
