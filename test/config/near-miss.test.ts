import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearMiss } from '../../src/config/near-miss.js';

const NAMES = ['GRPC_ADDRESS', 'FLIGHT_ADDRESS', 'BATCH_SIZE', 'DEBUG'];

test('a misspelt name finds the one that was meant', () => {
  assert.equal(nearMiss('GRPC_ADRESS', NAMES), 'GRPC_ADDRESS');
  assert.equal(nearMiss('grpc_address', NAMES), 'GRPC_ADDRESS');
  assert.equal(nearMiss('GRPCADDRESS', NAMES), 'GRPC_ADDRESS');
  assert.equal(nearMiss('FLIHGT_ADDRESS', NAMES), 'FLIGHT_ADDRESS');
  assert.equal(nearMiss('BATCH_SIZES', NAMES), 'BATCH_SIZE');
  assert.equal(nearMiss('DEBUGG', NAMES), 'DEBUG');
  assert.equal(nearMiss('DEUBG', NAMES), 'DEBUG');
});

test('names of other programs are left alone', () => {
  for (const name of ['PATH', 'HOME', 'DB_HOST', 'BATCH_LIMIT', 'EMAIL_ADDRESS', 'LC_DEBUGGER', 'HTTP_ADDR']) {
    assert.equal(nearMiss(name, NAMES), undefined, name);
  }
});

test('the nearest of several is taken', () => {
  assert.equal(nearMiss('SOURCE_TLS_KEYS', ['SOURCE_TLS_CERT', 'SOURCE_TLS_CA', 'SOURCE_TLS_KEY']), 'SOURCE_TLS_KEY');
});
