/** Ledgers for tests of transport, which looks at no ledger: bytes that are a function of the sequence. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type LedgerServerOptions, LedgerServer } from '../../src/ledger-server/ledger-server.js';
import { GeneratedLedgers } from '../../src/ledger-server/generated-ledgers.js';
import type { LedgerChunk, LedgerRange, LedgerSource } from '../../src/source/ledger-source.js';
import type { SourceObserver } from '../../src/source/source-observer.js';
import { GrpcLedgerSource, type GrpcLedgerSourceOptions } from '../../src/source/grpc-source.js';

export type LedgerOf = (sequence: number) => Uint8Array;

/** From a few bytes to a few KiB, each sequence its own. */
export function madeUpLedger(sequence: number): Uint8Array {
  const bytes = Buffer.alloc(16 + ((sequence * 2_654_435_761) % 5_000), sequence & 0xff);
  bytes.writeUInt32BE(sequence, 4);
  return bytes;
}

export function madeUpStore(last = 1_000_000, ledger: LedgerOf = madeUpLedger, first = 1): GeneratedLedgers {
  return new GeneratedLedgers({ ledger: (sequence) => new Uint8Array(ledger(sequence)) }, first, last);
}

export interface Serving {
  readonly port: number;
  readonly target: string;
  readonly close: () => void;
}

/** A server for the length of a test. */
export async function serve(t: TestContext, options: Partial<LedgerServerOptions> = {}, port = 0): Promise<Serving> {
  const server = new LedgerServer({ store: madeUpStore(), networkPassphrase: 'made up', ...options });
  const bound = await server.listen('127.0.0.1', port);
  const close = (): void => server.close();
  t.after(close);
  return { port: bound, target: `127.0.0.1:${bound}`, close };
}

/** A source that is quick to lose patience. */
export function impatientSource(options: GrpcLedgerSourceOptions): GrpcLedgerSource {
  return new GrpcLedgerSource({
    backoff: { firstMs: 5, maxMs: 40 },
    gapWaitMs: 50,
    idleTimeoutMs: 2_000,
    random: () => 0.5,
    ...options,
  });
}

/** All chunks with new ledgers of a range, each checked: its ledgers follow those before it, and its bytes are theirs. */
export async function readRange(
  source: LedgerSource,
  range: LedgerRange,
  ledger: LedgerOf = madeUpLedger,
  signal: AbortSignal = new AbortController().signal,
): Promise<LedgerChunk[]> {
  const chunks: LedgerChunk[] = [];
  let next = range.startLedger;
  for await (const chunk of source.ledgers(range, signal)) {
    assert.equal(chunk.firstLedger, next);
    if (chunk.lastLedger < chunk.firstLedger) continue;
    checkBytes(chunk, ledger);
    next = chunk.lastLedger + 1;
    chunks.push(chunk);
  }
  return chunks;
}

export function lastLedgerOf(chunks: readonly LedgerChunk[]): number | undefined {
  return chunks.at(-1)?.lastLedger;
}

function checkBytes(chunk: LedgerChunk, ledger: LedgerOf): void {
  const [input, ...others] = chunk.inputs;
  assert.ok(input !== undefined && others.length === 0);
  assert.equal(chunk.bytes, input.bytes.byteLength);
  if (input.form === 'ledger') {
    assert.equal(input.sequence, chunk.firstLedger);
    assert.equal(chunk.lastLedger, chunk.firstLedger);
    assert.ok(Buffer.from(ledger(chunk.firstLedger)).equals(input.bytes), `bytes of ledger ${chunk.firstLedger}`);
    return;
  }
  const batch = Buffer.from(input.bytes);
  const [first, last, count] = [batch.readUInt32BE(0), batch.readUInt32BE(4), batch.readUInt32BE(8)];
  assert.equal(input.sequence, first);
  assert.ok(first <= chunk.firstLedger && chunk.lastLedger <= last && count === last - first + 1);
  const ledgers = Array.from({ length: count }, (_, i) => ledger(first + i));
  assert.ok(batch.subarray(12).equals(Buffer.concat(ledgers)), `bytes of ledgers ${first} to ${last}`);
}

/** An observer that keeps what it is told. */
export function recorder(): {
  observer: SourceObserver;
  reasons: string[];
  errors: string[];
  counts: Record<string, number>;
} {
  const reasons: string[] = [];
  const errors: string[] = [];
  const counts = { ledgers: 0, bytes: 0, repeated: 0 };
  const observer: SourceObserver = {
    received(ledgers, bytes) {
      counts.ledgers += ledgers;
      counts.bytes += bytes;
    },
    repeated(ledgers) {
      counts.repeated += ledgers;
    },
    reconnecting(reason, error) {
      reasons.push(reason);
      errors.push(error);
    },
  };
  return { observer, reasons, errors, counts };
}

export function quiet(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await quiet(2);
}
