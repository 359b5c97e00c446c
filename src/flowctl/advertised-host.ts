/** By which host others reach this service. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Any port: nothing is sent to it. */
const ROUTE_PORT = 9;

export interface AdvertisedHostOptions {
  /** ADVERTISE_HOST. */
  readonly configured: string | undefined;
  /** The host listened on; empty is every interface. */
  readonly listening: string;
  /** Whom to be reachable for. */
  readonly peerHost: string;
}

/**
 * The configured host, else the one interface that is listened on, else the local address of a connection to the peer,
 * which the system's routing table knows. Rejects where the peer's name cannot be resolved.
 */
export async function advertisedHost({ configured, listening, peerHost }: AdvertisedHostOptions): Promise<string> {
  if (configured !== undefined) return configured;
  const isEveryInterface = listening === '' || listening === '0.0.0.0' || listening === '::';
  return isEveryInterface ? await localAddressTowards(peerHost) : listening;
}

/** The same for flowctl's peers, from the configuration; this machine's name where flowctl's cannot be resolved. */
export async function publishedHost(
  config: { readonly advertiseHost: string | undefined; readonly flowctlEndpoint: { readonly host: string } },
  listening: string,
): Promise<string> {
  const { advertiseHost: configured, flowctlEndpoint } = config;
  return await advertisedHost({ configured, listening, peerHost: flowctlEndpoint.host }).catch(() => hostname());
}

async function localAddressTowards(peerHost: string): Promise<string> {
  const { address } = await lookup(peerHost);
  // Connecting a datagram socket sends nothing, but has the system choose the interface.
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      // An error of connecting comes as the callback's argument, though its type does not say so.
      socket.connect(ROUTE_PORT, address, ((error?: Error) => {
        if (error === undefined) resolve();
        else reject(error);
      }) as () => void);
    });
    return socket.address().address;
  } finally {
    socket.close();
  }
}
