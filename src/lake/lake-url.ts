/**
 * Addresses of data lakes:
 *
 *   file://DIR                      a folder; relative without a third slash
 *   s3://bucket[/prefix]            S3, or with `endpoint` what speaks its protocol
 *   gs://bucket[/prefix]            Google Cloud Storage, through its S3-compatible interface
 *
 * with these parameters behind a `?`: region, endpoint, unsigned (S3 and GCS); ledgers_per_file, files_per_partition
 * (where the lake does not tell its layout, or tells it wrong).
 */
import process from 'node:process';
import type { BucketLocation, KeyPair, LakeLocation } from '../../workers/lake/lake-location.js';
import type { LakeLayout } from './lake-layout.js';

export interface LakeAddress {
  /** As given; it holds no secrets. */
  readonly url: string;
  readonly location: LakeLocation;
  /** It is to be read unsigned, whatever credentials there are. */
  readonly isPublic: boolean;
  /** Where it is given. */
  readonly layout?: LakeLayout;
}

const LAKE_URL = /^(file|s3|gs):\/\/([^?#]*)(?:\?([^#]*))?$/;
const LAYOUT_PARAMETERS = ['ledgers_per_file', 'files_per_partition'];
const BUCKET_PARAMETERS = ['region', 'endpoint', 'unsigned'];
/** Of the XML interface, https://cloud.google.com/storage/docs/interoperability. */
const GCS = { endpoint: 'https://storage.googleapis.com', region: 'auto' };
const DEFAULT_REGION = 'us-east-1';
const BUCKET_NAME = /^[a-z0-9][a-z0-9._-]{1,221}$/;
const MOST_LEDGERS_PER_FILE = 100_000;
const MOST_FILES_PER_PARTITION = 10_000_000;

/** Whether a text is meant as the address of a data lake. */
export function isLakeUrl(text: string): boolean {
  return LAKE_URL.test(text);
}

/** Throws a RangeError that says what is wrong. */
export function parseLakeUrl(url: string): LakeAddress {
  const [, scheme, path, query = ''] = LAKE_URL.exec(url) ?? [];
  if (scheme === undefined || path === undefined) throw new RangeError('file://…, s3://… or gs://… expected');
  const parameters = new URLSearchParams(query);
  const known = scheme === 'file' ? LAYOUT_PARAMETERS : [...LAYOUT_PARAMETERS, ...BUCKET_PARAMETERS];
  for (const name of new Set(parameters.keys())) {
    if (!known.includes(name))
      throw new RangeError(`${name}: no such parameter of ${scheme}://, only ${known.join(', ')}`);
    if (parameters.getAll(name).length > 1) throw new RangeError(`${name}: given more than once`);
  }
  const layout = layoutOf(parameters);
  const location = scheme === 'file' ? folder(path) : bucket(scheme as 's3' | 'gs', path, parameters);
  return { url, location, isPublic: isOn(parameters, 'unsigned'), ...(layout && { layout }) };
}

/** Where a lake is, to be read with a key pair if there is one; folders need none. */
export function locationWith(keys: KeyPair | undefined, { location, isPublic }: LakeAddress): LakeLocation {
  if (keys === undefined || location.kind === 'folder' || isPublic) return location;
  return { ...location, access: keys };
}

function folder(path: string): LakeLocation {
  if (path === '') throw new RangeError('a folder expected behind file://');
  return { kind: 'folder', path: decoded(path) };
}

function bucket(scheme: 's3' | 'gs', path: string, parameters: URLSearchParams): BucketLocation {
  const [name = '', ...rest] = path.split('/');
  if (!BUCKET_NAME.test(name)) throw new RangeError(`the name of a bucket expected behind ${scheme}://`);
  const prefix = decoded(rest.join('/')).replace(/\/+$/, '');
  const fallback = scheme === 'gs' ? GCS : undefined;
  const endpoint = parameters.get('endpoint') ?? fallback?.endpoint;
  if (endpoint !== undefined && !isHttpUrl(endpoint)) throw new RangeError('endpoint: http://… or https://… expected');
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const region = parameters.get('region') ?? fallback?.region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? DEFAULT_REGION;
  // Google's keys are not where the AWS client looks for credentials.
  const access = isOn(parameters, 'unsigned') || scheme === 'gs' ? 'unsigned' : 'found';
  return {
    kind: 'bucket',
    bucket: name,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region,
    ...(endpoint !== undefined && { endpoint }),
    access,
  };
}

function layoutOf(parameters: URLSearchParams): LakeLayout | undefined {
  const ledgersPerFile = count(parameters, 'ledgers_per_file', MOST_LEDGERS_PER_FILE);
  const filesPerPartition = count(parameters, 'files_per_partition', MOST_FILES_PER_PARTITION);
  if (ledgersPerFile === undefined && filesPerPartition === undefined) return undefined;
  if (ledgersPerFile === undefined || filesPerPartition === undefined) {
    throw new RangeError(`${LAYOUT_PARAMETERS.join(' and ')}: both or neither expected`);
  }
  return { ledgersPerFile, filesPerPartition };
}

function count(parameters: URLSearchParams, name: string, most: number): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  const value = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= most) return value;
  throw new RangeError(`${name}: a whole number from 1 to ${most} expected`);
}

/** `?unsigned`, `?unsigned=true`. */
function isOn(parameters: URLSearchParams, name: string): boolean {
  const text = parameters.get(name);
  if (text === null || text === 'false') return false;
  if (text === '' || text === 'true') return true;
  throw new RangeError(`${name}: true or false expected`);
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError('a % with two hex digits behind it expected');
  }
}
