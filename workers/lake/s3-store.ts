/**
 * A data lake in a bucket of S3, or of a server that speaks its protocol. Listing, credentials and signatures are the
 * official client's; objects are fetched with as little as possible around them ({@link getObject}).
 */
import type { Agent } from 'node:http';
import process from 'node:process';
import type { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { getObject, httpAgent } from './http-object.js';
import type { BucketLocation } from './lake-location.js';
import type { Allocate, ObjectStore, StoreOptions } from './object-store.js';
import { storeRefuses, storeUnavailable } from './store-errors.js';

/** Connections of one thread. */
const MAX_SOCKETS = 64;
/** Bodies are not part of what is signed: there are none. */
const UNSIGNED_PAYLOAD = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
/** Errors of S3 that pass, though their status says otherwise. */
const PASSING_CODES: ReadonlySet<string> = new Set(['ExpiredToken', 'RequestTimeout', 'SlowDown', 'InternalError']);

export class S3Store implements ObjectStore {
  private readonly location: BucketLocation;
  private readonly options: StoreOptions;
  private readonly url: string;
  private readonly agent: Agent;
  /** Made when it is first needed: threads that read unsigned do without. */
  private client: Promise<S3Client> | undefined;

  constructor(location: BucketLocation, options: StoreOptions) {
    this.location = location;
    this.options = options;
    this.url = bucketUrl(location);
    this.agent = httpAgent(new URL(this.url).protocol, MAX_SOCKETS);
  }

  async read(key: string, allocate: Allocate): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const what = this.nameOf(key);
    const url = new URL(`${this.url}/${encodedKey(this.location.prefix + key)}`);
    const headers = this.location.access === 'unsigned' ? {} : await this.signed(url, what);
    const { idleTimeoutMs } = this.options;
    const answer = await getObject({ url, headers, agent: this.agent, idleTimeoutMs, what }, allocate);
    if ('bytes' in answer) return answer.bytes;
    const { status, body, headers: said } = answer;
    const code = /<Code>([^<]{1,100})<\/Code>/.exec(body)?.[1] ?? '';
    const message = /<Message>([^<]{1,500})<\/Message>/.exec(body)?.[1] ?? '';
    // A bucket that does not exist is no missing object.
    if (status === 404 && code !== 'NoSuchBucket') return undefined;
    throw refusal(what, { status, code, message, region: said['x-amz-bucket-region'] });
  }

  async firstKeys(limit: number): Promise<string[]> {
    const { bucket, prefix } = this.location;
    const what = this.nameOf('');
    const client = await this.connect();
    const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
    try {
      const listing = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: limit });
      const { Contents: objects = [] } = await client.send(listing);
      return objects.map(({ Key: key = '' }) => key.slice(prefix.length));
    } catch (error) {
      if (!isAnswer(error)) throw storeUnavailable(what, reasonOf(error), error);
      const { name: code, message, $metadata, $response } = error;
      const region = $response?.headers['x-amz-bucket-region'];
      throw refusal(what, { status: $metadata.httpStatusCode ?? 0, code, message, region });
    }
  }

  close(): void {
    this.agent.destroy();
    void this.client?.then(
      (client) => client.destroy(),
      () => undefined,
    );
  }

  private nameOf(key: string): string {
    return `s3://${this.location.bucket}/${this.location.prefix}${key}`;
  }

  private connect(): Promise<S3Client> {
    this.client ??= connect(this.location, this.options);
    return this.client;
  }

  /** The headers of a signed request. */
  private async signed(url: URL, what: string): Promise<Record<string, string>> {
    const { region } = this.location;
    const scheme = { name: 'sigv4', signingName: 's3', signingRegion: region, properties: {} };
    try {
      const { config } = await this.connect();
      const signer = await config.signer(scheme);
      const { headers } = await signer.sign({
        method: 'GET',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: {},
        headers: { host: url.host, ...UNSIGNED_PAYLOAD },
      });
      return headers;
    } catch (error) {
      // Credentials come from elsewhere and may be late.
      throw storeUnavailable(what, `no credentials: ${reasonOf(error)}`, error);
    }
  }
}

async function connect(location: BucketLocation, { idleTimeoutMs }: StoreOptions): Promise<S3Client> {
  const { region, endpoint, access } = location;
  // Its notice about old versions of Node.js is nothing that an operator could act on.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(access === 'unsigned' && {
      credentials: { accessKeyId: '', secretAccessKey: '' },
      signer: { sign: (request) => Promise.resolve(request) },
    }),
    ...(typeof access === 'object' && { credentials: access }),
    // Other servers do not know the checksums that S3 has by default.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { requestTimeout: idleTimeoutMs, connectionTimeout: idleTimeoutMs },
    // Attempts are counted where their failures are told of.
    maxAttempts: 1,
  });
}

/**
 * The bucket's own host at Amazon, unless its name has dots, which no certificate covers; a path elsewhere.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
function bucketUrl({ bucket, region, endpoint }: BucketLocation): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, '')}/${bucket}`;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const host = `s3.${region}.${domain}`;
  return bucket.includes('.') ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
}

/** Path parts as RFC 3986 writes them, of which Signature Version 4 signs the very text. */
function encodedKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly region: string | string[] | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function refusal(what: string, { status, code, message, region }: Refusal): Error {
  const answer = [String(status), code, message].filter((part) => part !== '').join(' ');
  const passes = status >= 500 || status === 408 || status === 429 || PASSING_CODES.has(code);
  if (passes) return storeUnavailable(what, answer);
  if (region !== undefined && status === 301)
    return storeRefuses(what, `${answer}: the bucket is in ${String(region)}`);
  // S3 hides from those who may not list whether there is such an object.
  const hint = status === 403 ? ' (also said of an object that is missing, where listing is not allowed)' : '';
  return storeRefuses(what, answer + hint);
}

/** Whether the server has answered, and with what. */
function isAnswer(error: unknown): error is S3ServiceException {
  return error instanceof Error && (error as Partial<S3ServiceException>).$metadata?.httpStatusCode !== undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Whether the AWS client finds credentials for requests to this place. */
export async function hasCredentials(location: BucketLocation): Promise<boolean> {
  const client = await connect(location, { idleTimeoutMs: 0 });
  try {
    await client.config.credentials();
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}
