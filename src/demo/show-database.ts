/**
 * The demo's last part: rows over Flight into PostgreSQL, and answers out of it.
 *
 *   service -> consumer -> embedded PostgreSQL -> SQL
 */
import { ProcessorError } from '../../workers/errors.js';
import type { Logger } from '../ops/logger.js';
import type { EmbeddedPostgres } from '../postgres/embedded/embedded-postgres.js';
import { askDatabase, BUSIEST_CONTRACTS, type DatabaseAnswers, TOP_HOLDERS } from './database-questions.js';
import { bar, count } from './figures.js';
import { type DatabaseLoad, startDatabaseLoad } from './load-database.js';
import type { Screen } from './screen.js';
import { sentRows } from './sent-rows.js';

export interface DatabaseShow {
  readonly screen: Screen;
  readonly logger: Logger;
  readonly postgres: EmbeddedPostgres;
  readonly flightPort: number;
  readonly healthPort: number;
  /** `host:port`. */
  readonly flowctl: string;
  readonly ledgers: number;
  /** Rows that the ledgers were generated with. */
  readonly generatedRows: number;
  readonly version: string;
  /** Takes what ends the load early. */
  readonly onStart: (load: DatabaseLoad) => void;
}

const BAR_WIDTH = 24;

/** Resolves to whether the load came to its end. Throws INTERNAL where the database does not have what was sent. */
export async function showDatabase(show: DatabaseShow): Promise<boolean> {
  const { screen, postgres, ledgers, flightPort, flowctl, version, logger } = show;
  const sentBefore = await sentRows(show.healthPort);
  const startedAt = performance.now();
  const options = { flight: `127.0.0.1:${flightPort}`, flowctl, databaseUrl: postgres.url, ledgers, version, logger };
  const load = await startDatabaseLoad(options);
  show.onStart(load);
  screen.follow(() => {
    const [entries] = load.stats().streams;
    const { watermark = 0, records_inserted: rows = 0 } = entries ?? {};
    const text = `${count(rows)} rows committed, through ledger ${count(watermark)} of ${count(ledgers)}`;
    return { lines: [`  ${bar(watermark / ledgers, BAR_WIDTH)} ${text}`], brief: `PostgreSQL: ${text}` };
  });
  const end = await load.ended.finally(() => screen.settle());
  if (end !== 'complete') return false;

  const elapsedMs = performance.now() - startedAt;
  const [entries, ttl] = load.stats().streams;
  const received = (entries?.records_received ?? 0) + (ttl?.records_received ?? 0);
  const sent = (await sentRows(show.healthPort)) - sentBefore;
  const answers = await askDatabase(postgres.url);
  if (answers.entries !== show.generatedRows || received !== sent) {
    const message =
      `${show.generatedRows} rows generated, count(*) is ${answers.entries}; ` +
      `${sent} rows of both tables sent, ${received} received`;
    throw new ProcessorError('INTERNAL', message);
  }
  printAnswers(show, answers, { sent, elapsedMs });
  return true;
}

function printAnswers(
  { screen, ledgers, generatedRows, postgres }: DatabaseShow,
  { entries, states, ttl, holders, busiest }: DatabaseAnswers,
  { sent, elapsedMs }: { readonly sent: number; readonly elapsedMs: number },
): void {
  const ttlRows = sent - generatedRows;
  screen.print(screen.paint(['bold', 'green'], `in PostgreSQL: ledgers 1 to ${count(ledgers)}, committed once`));
  screen.print(
    `  rows       ${count(generatedRows)} generated = ${count(sent - ttlRows)} sent = ${count(entries)} = ` +
      'SELECT count(*) FROM contract_data.entries',
  );
  screen.print(
    `  states     ${count(states)} keys in current_states; ${count(ttl)} in ttl, from ${count(ttlRows)} changes`,
  );
  screen.print(`  speed      ${count((sent * 1000) / elapsedMs)} rows/s over ${(elapsedMs / 1000).toFixed(1)} s`);
  screen.print(`  server     127.0.0.1:${postgres.port}, PostgreSQL out of a package`);
  screen.print();
  screen.print(screen.paint('bold', 'who holds most'));
  for (const line of query(TOP_HOLDERS)) screen.print(screen.paint('gray', line));
  for (const { asset_code: code, balance_holder: holder, balance, share_percent: share } of holders) {
    screen.print(`  ${(code ?? '').padEnd(12)} ${holder}  ${balance.padStart(22)}  ${share.padStart(8)} %`);
  }
  screen.print();
  screen.print(screen.paint('bold', 'which contracts change most'));
  for (const line of query(BUSIEST_CONTRACTS)) screen.print(screen.paint('gray', line));
  for (const { contract_id: contract, changes, keys } of busiest) {
    screen.print(
      `  ${contract}  ${count(Number(changes)).padStart(10)} changes of ${count(Number(keys)).padStart(8)} keys`,
    );
  }
}

function query(sql: string): string[] {
  return sql.split('\n').map((line) => `  ${line}`);
}
