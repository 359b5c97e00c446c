/** A real S3-compatible server, with objects put into it by the official client. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Cleanup } from '../service/cleanup.js';

/** What is used of s3rver, which comes without types. */
interface Server {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}
type ServerClass = new (options: Record<string, unknown>) => Server;
const S3rver = createRequire(import.meta.url)('s3rver') as ServerClass;

export const BUCKET = 'lakes';
/** The only key pair that s3rver knows. */
export const KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

export async function s3Server(
  cleanup: Cleanup,
  prefix: string,
  objects: ReadonlyMap<string, Uint8Array>,
): Promise<{ readonly port: number }> {
  const directory = mkdtempSync(join(tmpdir(), 's3-'));
  const options = { address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: [{ name: BUCKET }] };
  const server = new S3rver(options);
  const { port } = await server.run();
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    forcePathStyle: true,
    credentials: KEYS,
  });
  cleanup.after(async () => {
    client.destroy();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  for (const [key, body] of objects) {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: prefix + key, Body: body }));
  }
  return { port };
}
