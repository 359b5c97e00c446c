/** Addresses as Go programs write them: `host:port`, `[::1]:port`, and `:port`. */
import { isIPv6 } from 'node:net';
import { type Kind, scalarKind } from './kind.js';

export interface Address {
  /** A name or an IP address, without brackets; empty where all interfaces are meant. */
  readonly host: string;
  readonly port: number;
}

const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;
const ADDRESS = /^(?:\[([^[\]]*)\]|([^[\]:]*)):(\d{1,5})$/;

/** Where to listen: `:port` is every interface, port 0 any free one. */
export const listenAddress: Kind<Address> = scalarKind({
  name: 'address',
  bounds: 'host:port or :port',
  expected: 'host:port or :port (such as :8815 or 127.0.0.1:8815)',
  read: (raw) => (typeof raw === 'string' ? parseAddress(raw) : undefined),
  show: addressText,
});

/** What to dial: `:port` is this machine, as for Go. */
export const endpoint: Kind<Address> = scalarKind({
  name: 'address',
  bounds: 'host:port',
  expected: 'host:port (such as localhost:50053)',
  read: (raw) => {
    const address = typeof raw === 'string' ? parseAddress(raw) : undefined;
    if (address === undefined || address.port === 0) return undefined;
    return address.host === '' ? Object.freeze({ ...address, host: 'localhost' }) : address;
  },
  show: addressText,
});

/** A host without port. */
export const host: Kind<string> = scalarKind({
  name: 'host',
  expected: 'a host name or IP address without port',
  read: (raw) => {
    if (typeof raw !== 'string') return undefined;
    const bare = raw.replace(/^\[(.*)\]$/, '$1');
    return HOST.test(bare) || isIPv6(bare) ? bare : undefined;
  },
});

/** `host:port`, an IPv6 address in brackets. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function parseAddress(text: string): Address | undefined {
  const [, ipv6, name = '', digits] = ADDRESS.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  if (ipv6 === undefined ? name !== '' && !HOST.test(name) : !isIPv6(ipv6)) return undefined;
  return Object.freeze({ host: ipv6 ?? name, port });
}
