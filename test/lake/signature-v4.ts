/** Signature Version 4 of a GET, by https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The authorization header that a request must have, whose other headers are `said`. */
export function authorizationOf(path: string, said: IncomingHttpHeaders, keys: KeyPair): string {
  const [, scope, signedHeaders] =
    /Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+)/.exec(said.authorization ?? '') ?? [];
  if (scope === undefined || signedHeaders === undefined) throw new Error(`not signed: ${said.authorization}`);
  const [rawPath = '', query = ''] = path.split('?');
  const canonical = [
    'GET',
    rawPath,
    query.split('&').sort().join('&'),
    ...signedHeaders.split(';').map((name) => `${name}:${String(said[name]).trim()}`),
    '',
    signedHeaders,
    said['x-amz-content-sha256'],
  ].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', said['x-amz-date'], scope, digest].join('\n');
  const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
  const signingKey = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${keys.secretAccessKey}`);
  const signature = hmac(signingKey, text).toString('hex');
  const credential = `${keys.accessKeyId}/${scope}`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}
