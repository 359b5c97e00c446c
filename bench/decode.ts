/** From ledger bytes to Arrow IPC, stage by stage, against the full decode by stellar-base. */
import { cellReaders } from '../src/cli/output/cells.js';
import { ThreadDecodePool } from '../src/pool/decode-pool.js';
import { inOrder } from '../src/order/in-order.js';
import { parseRowRequest } from '../src/request/row-request.js';
import { collectGarbage } from '../workers/collect-garbage.js';
import { DEFAULT_LIMITS, LedgerDecoder } from '../workers/decode.js';
import { ProcessorError } from '../workers/errors.js';
import type { DecodeTask } from '../workers/decode-task.js';
import { encodeRecordBatch } from '../workers/ipc.js';
import { columnPart, layoutWords } from '../workers/columns/join.js';
import { SpareBuffers } from '../workers/spare-buffers.js';
import { selectColumns } from '../workers/columns/tables.js';
import { ChangeLog } from '../workers/xdr/change-log.js';
import { scanLedgerCloseMeta } from '../workers/xdr/ledger-close-meta.js';
import { XdrReader } from '../workers/xdr/reader.js';
import type { BenchInput } from './inputs.js';
import { measure, type Measured, measurePrepared, type MeasurePlan } from './measure.js';
import { Child } from './processes/child.js';
import type { FullDecodeRequest } from './processes/stellar-base.js';
import type { Report } from './report.js';

const LEDGERS_PER_TASK = 8;
const MAX_BYTES_IN_FLIGHT = 256 * 1024 * 1024;
const TASK_TIMEOUT_MS = 60_000;
const BASELINE_PROCESSES = 3;
/** Rounds over an input that one run of the pool takes, so that its start and its end count for little. */
const ROUNDS_AT_ONCE = 16;

export async function benchDecode(
  input: BenchInput,
  plan: MeasurePlan,
  threads: readonly number[],
  report: Report,
): Promise<void> {
  const units = input.ledgers.length;
  const buffers = input.ledgers.map((ledger) => Buffer.from(ledger.buffer, ledger.byteOffset, ledger.byteLength));
  console.log(
    `\n${input.name}: ${units} ledgers, ${Math.round(input.bytes / units)} bytes and ${Math.round(input.rows / units)} rows each`,
  );

  const baseline = await fullDecode(input, plan);
  const add = async (stage: string, makesRows: boolean, work: () => unknown): Promise<void> => {
    report.add(input, stage, await measure(plan, units, work), baseline.perSecond, makesRows);
  };
  report.add(input, 'stellar-base full decode (baseline)', baseline, baseline.perSecond, false);

  const readers = buffers.map((buffer) => new XdrReader(buffer));
  const log = new ChangeLog();
  await add('scan', false, () => readers.forEach((r) => scanLedgerCloseMeta(r, log)));
  await add('scan, rows (one column)', true, decodeAll(input, { columns: ['change_index'] }));
  await add('scan, rows, 26 columns, Arrow IPC', true, decodeAll(input, {}));
  await add('the same with key_decoded, val_decoded', true, decodeAll(input, { columns: ['all'] }));
  await add(
    'the same, one contract of many',
    false,
    decodeAll(input, { filters: { contract_ids: [oneContract(input)] } }),
  );
  await add('Arrow IPC message alone, from built columns', true, encodeAll(input));

  for (const count of threads) {
    const pool = new ThreadDecodePool({
      threads: count,
      maxBytesInFlight: MAX_BYTES_IN_FLIGHT,
      taskTimeoutMs: TASK_TIMEOUT_MS,
    });
    const stage = `pool, ${count} thread${count > 1 ? 's' : ''}`;
    const run = (tasks: readonly DecodeTask[]): Promise<void> => poolRun(pool, tasks, count);
    const measured = await measurePrepared(plan, ROUNDS_AT_ONCE * units, () => poolTasks(input), run);
    report.add(input, stage, measured, baseline.perSecond, true);
    await pool.close();
  }
}

/**
 * The baseline, of several processes: now and then V8 comes to optimise one so that it stays a third slower than the others
 * for as long as it lives.
 */
async function fullDecode(input: BenchInput, plan: MeasurePlan): Promise<Measured> {
  const processes: Measured[] = [];
  const count = Math.min(BASELINE_PROCESSES, plan.samples);
  while (processes.length < count) processes.push(await fullDecodeOnce(input, plan));
  processes.sort((a, b) => a.perSecond - b.perSecond);
  const median = processes[processes.length >> 1]!;
  const between = (processes.at(-1)!.perSecond - processes[0]!.perSecond) / 2 / median.perSecond;
  const samples = processes.reduce((sum, one) => sum + one.samples, 0);
  return { ...median, samples, spread: Math.max(between, median.spread) };
}

async function fullDecodeOnce({ ledgers }: BenchInput, plan: MeasurePlan): Promise<Measured> {
  const entry = new URL('./processes/stellar-base.js', import.meta.url);
  const child: Child<FullDecodeRequest, Measured> = await Child.start(entry, []);
  try {
    return await child.ask({ ledgers, plan });
  } finally {
    child.stop();
  }
}

/** Decodes ledger by ledger. The batches' memory is used again, as a thread uses that of the ledgers it was sent. */
function decodeAll(input: BenchInput, request: Record<string, unknown>): () => void {
  const spare = new SpareBuffers();
  const decoder = new LedgerDecoder(parseRowRequest(request, input.networkPassphrase), DEFAULT_LIMITS, spare);
  return () => {
    for (const bytes of input.ledgers) {
      const { ledgers, error } = decoder.decode([{ bytes, form: 'ledger' }]);
      if (error !== undefined) throw ProcessorError.fromPlain(error);
      for (const { blocks } of ledgers) for (const { body } of blocks) spare.add(body.buffer);
    }
  };
}

/** The encoding step on columns that are built already: what Arrow's metadata and the copy into one buffer cost. */
function encodeAll(input: BenchInput): () => void {
  const request = parseRowRequest({}, input.networkPassphrase);
  const kinds = selectColumns(request.table, request.columns).map((column) => column.kind);
  const { ledgers } = new LedgerDecoder(request).decode(input.ledgers.map((bytes) => ({ bytes, form: 'ledger' })));
  const built = ledgers.flatMap((ledger) =>
    ledger.blocks.map((block) => {
      let at = 0;
      const columns = kinds.map((kind) => {
        const part = columnPart(block, at, kind);
        at += layoutWords(kind);
        return part;
      });
      return { rows: block.rows, columns };
    }),
  );
  return () => {
    for (const { rows, columns } of built) encodeRecordBatch(rows, columns);
  };
}

/** The input's ledgers in tasks, a copy of each ledger: transfer detaches it. What copying leaves is not collected later. */
function poolTasks(input: BenchInput): DecodeTask[] {
  collectGarbage();
  const request = JSON.stringify(parseRowRequest({}, input.networkPassphrase));
  const ledgers = Array.from({ length: ROUNDS_AT_ONCE }, () => input.ledgers).flat();
  return Array.from({ length: Math.ceil(ledgers.length / LEDGERS_PER_TASK) }, (_, i) => ({
    request,
    inputs: ledgers
      .slice(i * LEDGERS_PER_TASK, (i + 1) * LEDGERS_PER_TASK)
      .map((bytes) => ({ bytes: new Uint8Array(bytes), form: 'ledger' as const })),
  }));
}

/** The whole way through the thread pool: transfer in, decode, transfer out, order restored. */
async function poolRun(pool: ThreadDecodePool, tasks: readonly DecodeTask[], threads: number): Promise<void> {
  const run = (task: DecodeTask) => pool.run(task, 'bench ledgers');
  for await (const { ledgers, error } of inOrder(tasks, run, 2 * threads + 1)) {
    if (error !== undefined) throw ProcessorError.fromPlain(error);
    // As streams do it with batches that were sent.
    pool.takeBack(ledgers.flatMap(({ blocks }) => blocks.map(({ body }) => body.buffer)));
  }
}

/** A contract that few rows are of: that of the last row. */
function oneContract(input: BenchInput): string {
  const request = parseRowRequest({ columns: ['contract_id'] }, input.networkPassphrase);
  const { ledgers } = new LedgerDecoder(request).decode([{ bytes: input.ledgers[0]!, form: 'ledger' }]);
  const block = ledgers[0]!.blocks.at(-1)!;
  return cellReaders(['utf8'], block)[0]!(block.rows - 1) as string;
}
