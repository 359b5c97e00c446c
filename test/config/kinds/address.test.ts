import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressText, endpoint, host, listenAddress } from '../../../src/config/kinds/address.js';

test('addresses are read as Go reads them', () => {
  assert.deepEqual(listenAddress.parse(':8815'), { value: { host: '', port: 8815 } });
  assert.deepEqual(listenAddress.parse('0.0.0.0:0'), { value: { host: '0.0.0.0', port: 0 } });
  assert.deepEqual(listenAddress.parse('[::1]:8815'), { value: { host: '::1', port: 8815 } });
  assert.deepEqual(listenAddress.parse(' localhost:1 '), { value: { host: 'localhost', port: 1 } });
});

test('an endpoint without host is this machine, and needs a port that can be dialled', () => {
  assert.deepEqual(endpoint.parse(':50053'), { value: { host: 'localhost', port: 50053 } });
  assert.deepEqual(endpoint.parse('source.example:443'), { value: { host: 'source.example', port: 443 } });
  assert.ok('misfit' in endpoint.parse('source.example:0'));
});

test('what is no address is refused', () => {
  const wrong = [
    '',
    ':',
    '8815',
    'host',
    'host:',
    'host:65536',
    'host:-1',
    'host:http',
    'a b:1',
    '::1:80',
    '[::1]',
    '[host]:1',
    'http://h:1',
    '-h:1',
    8815,
  ];
  for (const raw of wrong) {
    assert.ok('misfit' in listenAddress.parse(raw), JSON.stringify(raw));
    assert.ok('misfit' in endpoint.parse(raw), JSON.stringify(raw));
  }
});

test('printed addresses are the authority that a URL would have, and read back to the same', () => {
  const hosts = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(hosts, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
      const text = addressText({ host: name, port });
      assert.equal(new URL(`grpc://${text}`).port, String(port));
      assert.deepEqual(listenAddress.parse(text), { value: { host: name, port } });
    }),
  );
});

test('a host has no port; brackets around an IPv6 address may be left out', () => {
  assert.deepEqual(host.parse('[fe80::1]'), { value: 'fe80::1' });
  assert.deepEqual(host.parse('fe80::1'), { value: 'fe80::1' });
  assert.deepEqual(host.parse('processor.example'), { value: 'processor.example' });
  for (const raw of ['processor:8815', 'a b', '', 7]) assert.ok('misfit' in host.parse(raw), JSON.stringify(raw));
});
