import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Asset, xdr } from '@stellar/stellar-base';
import { parseRowRequest } from '../../src/request/row-request.js';
import { LedgerDecoder } from '../../workers/decode.js';
import type { DecodeResult } from '../../workers/decode-result.js';
import type { PlainError } from '../../workers/errors.js';
import * as entries from '../support/contract-entries.js';
import {
  assetInstance,
  balance,
  created,
  data,
  id,
  keyHashOf,
  keyOf,
  removed,
  restored,
  state,
  TEST_PASSPHRASE,
  u32,
  updated,
} from '../support/contract-entries.js';
import { corpusLedgers, readCorpus } from '../support/corpus.js';
import { rowsOf } from '../support/decode-rows.js';
import { buildLedger, type TransactionSpec } from '../support/ledger-builder.js';
import { mutated, seededRandom } from '../support/mutations.js';
import { oracleRows } from '../support/row-oracle.js';

const isLong = process.env.TEST_LONG !== undefined;
const MUTATIONS = isLong ? 1_000_000 : 20_000;
/** Every so many mutations stellar-base is asked too, which takes a hundred times as long as ours. */
const ORACLE_EVERY = 10;
const SEED = Number(process.env.TEST_SEED ?? 20_240_421);
const LONGEST_MS = 2000;

interface Subject {
  readonly name: string;
  readonly bytes: Buffer;
  readonly passphrase: string;
  readonly sequence: number;
  readonly oracleDecodes: boolean;
}

function builtSubjects(): Subject[] {
  const nested = xdr.ScVal.scvVec([entries.mapOf([u32(1), xdr.ScVal.scvVec([u32(2)])]), xdr.ScVal.scvString('text')]);
  const held = balance(entries.assetContract(Asset.native()), id(2), 2n ** 70n);
  const transactions: TransactionSpec[] = [
    {
      envelope: 'feeBump',
      fee: [created(data())],
      before: [state(data()), updated(data({ val: nested }))],
      operations: [],
    },
    {
      operations: [
        [created(held), created(assetInstance(entries.credit('USDC', 50)))],
        [state(held), removed(held)],
      ],
    },
    {
      result: 'txFailed',
      operations: [[restored(data()), updated(data({ val: u32(1) })), removed(data({ key: nested }))]],
    },
    { after: [created(entries.ttl(keyHashOf(data()), 90)), removed(entries.ttl(id(3), 1))] },
  ];
  const shared = { transactions, upgrades: [[updated(data())]] };
  const evictions = {
    evictedKeys: [keyOf(held), keyOf(entries.ttl(id(3), 1))],
    evictedEntries: [data({ key: u32(9) })],
  };
  const ledgers = {
    'built V0': buildLedger({ ...shared, version: 0 }),
    'built V1': buildLedger({ ...shared, ...evictions, version: 1 }),
    'built V2': buildLedger({ ...shared, ...evictions, version: 2, parallel: true }),
  };
  return Object.entries(ledgers).map(([name, bytes]) => ({
    name,
    bytes,
    passphrase: TEST_PASSPHRASE,
    sequence: 1000,
    oracleDecodes: true,
  }));
}

function corpusSubjects(): Subject[] {
  return corpusLedgers()
    .filter((ledger) => ledger.bytes < 12_000)
    .map((ledger) => ({
      name: ledger.name,
      bytes: readCorpus(`${ledger.name}.xdr`),
      passphrase: ledger.network_passphrase,
      sequence: ledger.ledger_sequence,
      oracleDecodes: ledger.stellar_base_15_decodes,
    }));
}

const request = { columns: ['all'] };
const decoders = new Map<string, LedgerDecoder>();

function decode({ passphrase, sequence }: Subject, bytes: Buffer): DecodeResult {
  let decoder = decoders.get(passphrase);
  if (decoder === undefined)
    decoders.set(passphrase, (decoder = new LedgerDecoder(parseRowRequest(request, passphrase))));
  return decoder.decode([{ bytes, form: 'ledger', sequence }]);
}

function checkError(error: PlainError, subject: Subject, length: number): void {
  if (error.code === 'LEDGER_INVALID') {
    assert.ok(error.place.ledger !== undefined, error.message);
    assert.ok(error.place.offset! >= 0 && error.place.offset! <= length, error.message);
    assert.ok(error.message.includes(String(error.place.offset)), error.message);
    assert.ok(error.place.type !== undefined || error.message.includes('left over'), error.message);
  } else {
    assert.ok(error.code === 'LEDGER_MISMATCH' || error.code === 'PASSPHRASE_MISMATCH', error.message);
    assert.equal(error.place.ledger, subject.sequence);
  }
}

/** Why stellar-base 15 may refuse what is right: arms of later protocols, and its own limit of depth. */
const NEWER =
  /unknown (ScValType member for value 22|ContractExecutableType member for value 2|SorobanCredentialsType member for value [23]|StellarValueType member for value 2)$|max decoding depth/;
/** What we refuse on purpose though it is XDR. */
const REFUSED = /close time/;

/** Compares with what stellar-base makes of the same bytes. */
function checkAgainstOracle({ passphrase, sequence }: Subject, bytes: Buffer, { ledgers, error }: DecodeResult): void {
  let meta: xdr.LedgerCloseMeta | undefined;
  let refusal = '';
  try {
    meta = xdr.LedgerCloseMeta.fromXDR(bytes);
  } catch (thrown) {
    refusal = (thrown as Error).message;
  }
  if (meta === undefined) {
    assert.ok(error !== undefined || NEWER.test(refusal), `stellar-base refuses: ${refusal}`);
    return;
  }
  if (error === undefined) {
    const columns = rowsOf(ledgers[0]!, { passphrase, request });
    const oracle = oracleRows(bytes, passphrase);
    assert.deepEqual(
      columns.map((row, i) => Object.fromEntries(Object.keys(oracle[i] ?? {}).map((name) => [name, row[name]]))),
      oracle,
    );
  } else if (error.code === 'LEDGER_MISMATCH') {
    assert.notEqual(meta.value().ledgerHeader().header().ledgerSeq(), sequence);
  } else if (error.code !== 'PASSPHRASE_MISMATCH') {
    assert.match(error.message, REFUSED, 'stellar-base decodes what we refuse');
  }
}

test(`${MUTATIONS} damaged ledgers give the oracle's rows or a clean error, never a crash, hang or mis-scan`, () => {
  const subjects = [...builtSubjects(), ...corpusSubjects()];
  const random = seededRandom(SEED);
  const outcomes = { rows: 0, errors: 0, compared: 0 };
  for (let i = 0; i < MUTATIONS; i += 1) {
    const subject = subjects[i % subjects.length]!;
    const { bytes, what } = mutated(subject.bytes, random, subjects[random(subjects.length)]!.bytes);
    try {
      const start = performance.now();
      const result = decode(subject, bytes);
      assert.ok(performance.now() - start < LONGEST_MS, 'takes too long');
      if (result.error === undefined) outcomes.rows += 1;
      else {
        outcomes.errors += 1;
        checkError(result.error, subject, bytes.length);
        assert.deepEqual(result.ledgers, [], 'delivered although bad');
      }
      // Damage that goes unnoticed is rarer than damage found out, and says more.
      if (subject.oracleDecodes && (result.error === undefined || i % ORACLE_EVERY === 0)) {
        outcomes.compared += 1;
        checkAgainstOracle(subject, bytes, result);
      }
    } catch (error) {
      const message = `seed ${SEED}, mutation ${i} (${what}) of ${subject.name}: ${(error as Error).message}`;
      throw new Error(message, { cause: error });
    }
  }
  assert.ok(outcomes.rows > MUTATIONS / 50 && outcomes.errors > MUTATIONS / 4, JSON.stringify(outcomes));
  assert.ok(outcomes.compared > MUTATIONS / 20, JSON.stringify(outcomes));
});

test('undamaged, each of the ledgers gives rows', () => {
  for (const subject of [...builtSubjects(), ...corpusSubjects()]) {
    assert.equal(decode(subject, subject.bytes).error, undefined, subject.name);
  }
});
