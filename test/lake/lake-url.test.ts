import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLakeUrl, locationWith, parseLakeUrl } from '../../src/lake/lake-url.js';

test('a folder is named with or without its root, and may hold what URLs escape', () => {
  assert.deepEqual(parseLakeUrl('file:///var/lake').location, { kind: 'folder', path: '/var/lake' });
  assert.deepEqual(parseLakeUrl('file://./my%20lake').location, { kind: 'folder', path: './my lake' });
});

test('the public lake of pubnet', () => {
  const url = 's3://aws-public-blockchain/v1.1/stellar/ledgers/pubnet?region=us-east-2&unsigned';
  assert.deepEqual(parseLakeUrl(url).location, {
    kind: 'bucket',
    bucket: 'aws-public-blockchain',
    prefix: 'v1.1/stellar/ledgers/pubnet/',
    region: 'us-east-2',
    access: 'unsigned',
  });
});

test('another server is spoken to with the credentials that are found', () => {
  assert.deepEqual(parseLakeUrl('s3://lakes/?endpoint=http://127.0.0.1:9000&region=eu-west-1').location, {
    kind: 'bucket',
    bucket: 'lakes',
    prefix: '',
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:9000',
    access: 'found',
  });
});

test('Google Cloud Storage is read unsigned, or with the HMAC keys that are given', () => {
  const address = parseLakeUrl('gs://lakes/testnet/');
  const expected = {
    kind: 'bucket',
    bucket: 'lakes',
    prefix: 'testnet/',
    region: 'auto',
    endpoint: 'https://storage.googleapis.com',
  };
  const keys = { accessKeyId: 'GOOG1E', secretAccessKey: 'secret' };
  assert.deepEqual(address.location, { ...expected, access: 'unsigned' });
  assert.deepEqual(locationWith(keys, address), { ...expected, access: keys });
  const publicOne = parseLakeUrl('gs://lakes/testnet/?unsigned');
  assert.deepEqual(locationWith(keys, publicOne), { ...expected, access: 'unsigned' });
});

test('a layout that the lake does not tell is part of the address', () => {
  const { layout } = parseLakeUrl('file://lake?ledgers_per_file=64&files_per_partition=10');
  assert.deepEqual(layout, { ledgersPerFile: 64, filesPerPartition: 10 });
});

const FAULTS: readonly (readonly [url: string, says: RegExp])[] = [
  ['http://host/lake', /file:\/\/…/],
  ['file://', /a folder expected/],
  ['s3:///prefix', /name of a bucket/],
  ['s3://b_A/prefix', /name of a bucket/],
  ['s3://lakes?regoin=eu', /regoin: no such parameter of s3:\/\//],
  ['file://lake?region=eu', /region: no such parameter of file:\/\//],
  ['s3://lakes?region=a&region=b', /region: given more than once/],
  ['s3://lakes?endpoint=localhost:9000', /endpoint: http/],
  ['s3://lakes?unsigned=maybe', /unsigned: true or false/],
  ['file://lake?ledgers_per_file=64', /both or neither/],
  ['file://lake?ledgers_per_file=0&files_per_partition=1', /ledgers_per_file: a whole number/],
  ['file://%zz', /two hex digits/],
];

test('what is wrong with an address is said', () => {
  for (const [url, says] of FAULTS) assert.throws(() => parseLakeUrl(url), { name: 'RangeError', message: says }, url);
  assert.ok(!isLakeUrl('ledgers.xdr.zst') && !isLakeUrl('s3:bucket') && !isLakeUrl('-'));
});
