/** Sends rows by COPY, at the pace at which PostgreSQL takes them. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { COPY_HEADER, COPY_TRAILER } from '../copy/copy-encoder.js';

/** Runs `sql`, which is a COPY … FROM STDIN (FORMAT binary), with `chunks` of rows; resolves to the rows it took. */
export async function copyIn(client: Client, sql: string, chunks: readonly Uint8Array[]): Promise<number> {
  const copy = client.query(copyFrom(sql));
  await pipeline(Readable.from([COPY_HEADER, ...chunks, COPY_TRAILER]), copy);
  return copy.rowCount;
}
