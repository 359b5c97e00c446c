/** Writes ledgers: plans all sizes first, then writes every part straight to its place in one exact buffer. */
import { fillAccounts } from './account-values.js';
import { type AssetCode, assetContractIds } from './assets.js';
import { Bank } from './bank.js';
import { Hasher } from './hasher.js';
import { fillIdentities } from './identities.js';
import type { KeyedRandom } from './keyed-random.js';
import { fillLedger, frameHead, frameMiddle, frameTail, LEDGER_WORDS } from './ledger-frame.js';
import type { LedgerContents } from './ledger-generator.js';
import { type Pool, poolsOf } from './pools.js';
import { fillRows } from './row-values.js';
import type { ActiveRow, TransactionScene } from './scene.js';
import { SceneBook } from './scene-book.js';
import { EVICTION_DELAY_LEDGERS } from './story.js';
import type { Template } from './template.js';
import { type Touch, touchOf } from './touch.js';
import { TRANSACTION, TRANSACTION_WORDS } from './transaction-fields.js';
import type { MetaForm } from './transaction-meta.js';
import { type TransactionSetPlan, transactionSetPlan } from './transaction-set.js';
import { isSoroban, type Slot } from './workload.js';

export interface Network {
  readonly random: KeyedRandom;
  readonly networkPassphrase: string;
  readonly networkId: Uint8Array;
  readonly slots: readonly Slot[];
  readonly protocol: number;
  /** Whether the protocol has parallel phases, TransactionMeta V4 and evictions of persistent entries. */
  readonly parallel: boolean;
}

/** A touch and the scene it plays. */
interface Act {
  readonly touch: Touch;
  readonly scene: TransactionScene;
}

interface LedgerPlan {
  /** By index of the slot. */
  readonly acts: readonly Act[];
  /** Earlier touches whose entries are evicted in this ledger. */
  readonly evictions: readonly Act[];
}

export class LedgerWriter {
  private readonly slots: readonly Slot[];
  private readonly set: TransactionSetPlan;
  private readonly scenes: SceneBook;
  private readonly pools: Map<Slot, Pool>;
  private readonly assetContracts: ReadonlyMap<AssetCode, Uint8Array>;
  private readonly hasher: Hasher;
  private readonly ledgerBank: Bank;
  private readonly bank: Bank;
  private readonly head: Template;
  private readonly middle: Template;
  private readonly tail: Template;

  constructor({ random, networkPassphrase, networkId, slots, protocol, parallel }: Network) {
    const meta: MetaForm = parallel ? 'V4' : 'V3';
    this.slots = slots;
    this.set = transactionSetPlan(slots, parallel);
    this.scenes = new SceneBook({ meta, evictsPersistent: parallel });
    this.pools = poolsOf(slots);
    this.assetContracts = assetContractIds(networkPassphrase);
    this.hasher = new Hasher(networkId);
    this.ledgerBank = new Bank(LEDGER_WORDS, random);
    this.bank = new Bank(TRANSACTION_WORDS, random);
    this.bank.putBytes(TRANSACTION.nativeContract, this.assetContracts.get('XLM')!);
    this.head = frameHead(meta, protocol);
    this.middle = frameMiddle();
    this.tail = frameTail(meta);
  }

  contents(sequence: number): LedgerContents {
    const { acts, evictions } = this.plan(sequence);
    let contractDataRows = 0;
    let ttlRows = 0;
    for (const { scene } of acts) {
      contractDataRows += scene.contractDataRows;
      ttlRows += scene.ttlRows;
    }
    for (const { scene } of evictions) {
      contractDataRows += scene.evictedContractDataRows;
      ttlRows += scene.evictedRows.length;
    }
    const sorobanTransactions = this.slots.filter(({ kind }) => isSoroban(kind)).length;
    return { transactions: this.slots.length, sorobanTransactions, contractDataRows, ttlRows };
  }

  write(sequence: number): Uint8Array<ArrayBuffer> {
    const plan = this.plan(sequence);
    const target = new Uint32Array(this.size(plan));
    fillLedger(this.ledgerBank, sequence);
    let at = this.head.write(target, 0, this.ledgerBank.words);

    const envelopes: number[] = [];
    for (const { head, slots } of this.set.pieces) {
      target.set(head, at);
      at += head.length;
      for (const slot of slots) {
        envelopes[slot.index] = at;
        at += plan.acts[slot.index]!.scene.envelope.words;
      }
    }

    at = putCount(target, at, this.slots.length);
    for (const slot of this.set.applyOrder)
      at = this.writeTransaction(target, plan.acts[slot.index]!, envelopes[slot.index]!, at);

    at = this.middle.write(target, at, this.ledgerBank.words);
    // Each evicted entry is listed with its TtlEntry.
    at = putCount(target, at, 2 * evictedEntries(plan));
    for (const act of plan.evictions) at = this.writeEvictions(target, act, at);
    this.tail.write(target, at, this.ledgerBank.words);
    return new Uint8Array(target.buffer);
  }

  private plan(sequence: number): LedgerPlan {
    const actAt = (slot: Slot, ledger: number): Act => {
      const touch = touchOf(slot, ledger);
      return { touch, scene: this.scenes.sceneOf(touch) };
    };
    return {
      acts: this.slots.map((slot) => actAt(slot, sequence)),
      evictions: this.slots
        .map((slot) => actAt(slot, sequence - EVICTION_DELAY_LEDGERS))
        .filter(({ scene }) => scene.evictedRows.length > 0),
    };
  }

  private size({ acts, evictions }: LedgerPlan): number {
    let words = this.head.words + 1 + this.middle.words + 1 + this.tail.words;
    for (const { head } of this.set.pieces) words += head.length;
    for (const { scene } of acts) words += scene.envelope.words + scene.meta.words;
    for (const { scene } of evictions) words += scene.evictions.words;
    return words;
  }

  /** Writes the envelope at `envelopeAt` and the result and meta at `at`; returns the word behind the meta. */
  private writeTransaction(target: Uint32Array, { touch, scene }: Act, envelopeAt: number, at: number): number {
    const bank = this.bank;
    const pool = this.pools.get(touch.slot);
    fillIdentities(bank, touch, pool, scene.rows, this.assetContracts);
    fillAccounts(bank, touch);
    fillRows(bank, touch, pool, scene.rows);
    this.fillKeyHashes(scene.rows);
    scene.envelope.write(target, envelopeAt, bank.words);
    if (scene.innerSigned !== undefined) {
      this.hasher.putTransactionHash(bank, TRANSACTION.innerHash, target, envelopeAt, scene.innerSigned);
    }
    this.hasher.putTransactionHash(bank, TRANSACTION.hash, target, envelopeAt, scene.signed);
    return scene.meta.write(target, at, bank.words);
  }

  private writeEvictions(target: Uint32Array, { touch, scene }: Act, at: number): number {
    fillIdentities(this.bank, touch, this.pools.get(touch.slot), scene.evictedRows, this.assetContracts);
    this.fillKeyHashes(scene.evictedRows);
    return scene.evictions.write(target, at, this.bank.words);
  }

  private fillKeyHashes(rows: readonly ActiveRow[]): void {
    for (const { key, fields } of rows) if (key !== undefined) this.hasher.putKeyHash(this.bank, fields.keyHash, key);
  }
}

function evictedEntries({ evictions }: LedgerPlan): number {
  return evictions.reduce((total, { scene }) => total + scene.evictedRows.length, 0);
}

function putCount(target: Uint32Array, at: number, count: number): number {
  new DataView(target.buffer).setUint32(at * 4, count);
  return at + 1;
}
