/** The bench's consumer, and what it is compared with: the same COPY bytes from a file, in the same kind of process. */
import '../../workers/v8-flags.js';
import { createReadStream, createWriteStream } from 'node:fs';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { defaultColumnNames, selectColumns } from '../../workers/columns/tables.js';
import { loadConsumeConfig } from '../../src/config/consume-config.js';
import { startConsumer } from '../../src/consumer/consume-service.js';
import { COPY_HEADER, COPY_TRAILER, CopyEncoder } from '../../src/consumer/copy/copy-encoder.js';
import { decodeSchema, tablePlan } from '../../src/consumer/copy/table-plan.js';
import { readFlight } from '../../src/flight-client/read-flight.js';
import { createLogger } from '../../src/ops/logger.js';
import { Shutdown } from '../../src/ops/shutdown.js';
import { copyEntriesSql } from '../../src/postgres/commit/copy-sql.js';
import { connect } from '../../src/postgres/connection/connect.js';
import { targetOfUrl } from '../../src/postgres/connection/database-target.js';
import { answerParent, cpuMs } from './child.js';

export type ConsumerRequest =
  /** Writes what COPY takes into `file`. */
  | { readonly kind: 'file'; readonly flight: string; readonly ledgers: number; readonly file: string }
  | { readonly kind: 'copy'; readonly url: string; readonly file: string }
  | {
      readonly kind: 'consume';
      readonly url: string;
      readonly flight: string;
      readonly ledgers: number;
      readonly keepStates: boolean;
      readonly partitions: number;
    };

export interface ConsumerReply {
  readonly rows: number;
  readonly elapsedMs: number;
  readonly cpuMs: number;
  /** Largest resident set of this process so far. */
  readonly peakRssBytes: number;
}

async function answer(request: ConsumerRequest): Promise<ConsumerReply> {
  const startedAt = performance.now();
  const cpuBefore = cpuMs();
  const rows = await rowsOf(request);
  return {
    rows,
    elapsedMs: performance.now() - startedAt,
    cpuMs: cpuMs() - cpuBefore,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

async function rowsOf(request: ConsumerRequest): Promise<number> {
  switch (request.kind) {
    case 'file':
      return await writeFile(request.flight, request.ledgers, request.file);
    case 'copy':
      return await withClient(request.url, async (client) => {
        const copy = client.query(copyFrom(copyEntriesSql()));
        await pipeline(createReadStream(request.file, { highWaterMark: 2 ** 20 }), copy);
        return copy.rowCount;
      });
    case 'consume':
      return await consume(request);
  }
}

async function writeFile(flight: string, ledgers: number, file: string): Promise<number> {
  const output = createWriteStream(file);
  output.write(COPY_HEADER);
  let encoder: CopyEncoder | undefined;
  let rows = 0;
  const command = { start_ledger: 1, end_ledger: ledgers };
  for await (const { schema, message, progress } of readFlight(flight, command, new AbortController().signal)) {
    const columns = selectColumns('contract_data', defaultColumnNames('contract_data'));
    encoder ??= new CopyEncoder(tablePlan(decodeSchema(schema), 'contract_data', columns));
    const encoded = encoder.encode(message, { first: progress.first_ledger, last: progress.last_ledger });
    rows += encoded.rows;
    output.write(encoded.bytes);
  }
  await new Promise<void>((resolve) => output.end(COPY_TRAILER, resolve));
  return rows;
}

async function consume(request: Extract<ConsumerRequest, { kind: 'consume' }>): Promise<number> {
  const { url, flight, ledgers, keepStates, partitions } = request;
  const flags = {
    flightEndpoint: flight,
    databaseUrl: url,
    startLedger: '1',
    endLedger: String(ledgers),
    loadTtl: 'false',
    partitions: String(partitions),
    metricsHost: '127.0.0.1',
    metricsPort: '0',
  };
  const config = loadConsumeConfig({ flags, env: {} }).values;
  const logger = createLogger({ level: 'error' });
  const shutdown = new Shutdown({ timeoutMs: config.shutdownTimeoutMs, logger, exit: () => undefined });
  const consumer = await startConsumer(config, 'bench', logger, shutdown, { keepStates });
  await consumer.ended;
  await shutdown.begin('the sample is over');
  return consumer.stats().streams[0]!.records_inserted;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(targetOfUrl(url));
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

answerParent(answer);
