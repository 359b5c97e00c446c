/** One PostgreSQL server for the tests of a file, and a database of its own for each test. */
import type { Client } from 'pg';
import { connect } from '../../src/postgres/connection/connect.js';
import { targetOfUrl } from '../../src/postgres/connection/database-target.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/postgres/embedded/embedded-postgres.js';
import { migrate } from '../../src/postgres/schema/migrate.js';
import type { Cleanup } from '../service/cleanup.js';

export interface TestDatabases {
  /** URL of a new database without anything in it. */
  empty(): Promise<string>;
  /** URL of a new database with the schema set up. */
  migrated(): Promise<string>;
}

const TEMPLATE = 'migrated';

/** Starts the server when the first database is asked for. */
export function testDatabases(file: Cleanup): TestDatabases {
  let server: Promise<EmbeddedPostgres> | undefined;
  let count = 0;
  const started = (): Promise<EmbeddedPostgres> => (server ??= startWithTemplate(file));
  const create = async (template: string): Promise<string> => {
    const { url } = await started();
    count += 1;
    const name = `test_${count}`;
    await withClient(url, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
    return databaseUrl(url, name);
  };
  return { empty: () => create('template0'), migrated: () => create(TEMPLATE) };
}

async function startWithTemplate(file: Cleanup): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ durable: false });
  file.after(() => server.stop());
  await withClient(server.url, (client) => client.query(`CREATE DATABASE ${TEMPLATE}`));
  await withClient(databaseUrl(server.url, TEMPLATE), (client) => migrate(client));
  return server;
}

/** A client that is closed when the test ends. */
export async function clientOf(test: Cleanup, url: string): Promise<Client> {
  const client = await connect(targetOfUrl(url));
  // Servers are stopped under clients here; what that breaks is seen by the query that it breaks.
  client.on('error', () => undefined);
  test.after(() => client.end());
  return client;
}

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(targetOfUrl(url));
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The rows of a query as PostgreSQL writes their values; null stays null. */
export async function rowsAsText(
  client: Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<(string | null)[][]> {
  const { rows } = await client.query<(string | null)[]>({
    text,
    values: [...values],
    rowMode: 'array',
    types: { getTypeParser: () => (value: unknown) => value },
  });
  return rows;
}

function databaseUrl(server: string, name: string): string {
  return server.replace(/\/postgres$/, `/${name}`);
}
