/** An object store far away: what of S3's protocol reads a lake, over a folder, each answer late. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface DelayedStore {
  readonly url: string;
  close(): void;
}

const BUCKET = 'bench';

/** `delayMs` goes by before the first byte of each answer. */
export async function delayedStore(directory: string, delayMs: number): Promise<DelayedStore> {
  const keys = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://store');
    const key = decodeURIComponent(url.pathname.slice(BUCKET.length + 2));
    setTimeout(() => answer(directory, keys, key, response), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `s3://${BUCKET}?endpoint=http://127.0.0.1:${port}&region=us-east-1&unsigned=true`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** GetObject, and the first keys of ListObjectsV2. */
function answer(directory: string, keys: readonly string[], key: string, response: ServerResponse): void {
  if (key === '') {
    const contents = keys.slice(0, 50).map((name) => `<Contents><Key>${name}</Key></Contents>`);
    response.setHeader('content-type', 'application/xml');
    response.end(`<ListBucketResult><Name>${BUCKET}</Name>${contents.join('')}</ListBucketResult>`);
  } else if (keys.includes(key)) {
    response.end(readFileSync(join(directory, key)));
  } else {
    response.statusCode = 404;
    response.end('<Error><Code>NoSuchKey</Code></Error>');
  }
}
