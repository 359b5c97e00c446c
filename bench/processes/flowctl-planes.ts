/** Control planes of flowctl in every state that a service may find one in. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { DevControlPlane } from '../../src/flowctl-dev/dev-control-plane.js';

export const FLOWCTL_STATES = ['healthy', 'refusing', 'hanging', 'garbage'] as const;
export type FlowctlState = (typeof FLOWCTL_STATES)[number];

export interface FlowctlPlane {
  /** `host:port`. */
  readonly address: string;
  close(): void;
}

export async function flowctlPlane(state: FlowctlState): Promise<FlowctlPlane> {
  switch (state) {
    case 'healthy': {
      const plane = new DevControlPlane();
      return { address: `127.0.0.1:${await plane.listen('127.0.0.1', 0)}`, close: () => plane.close() };
    }
    case 'refusing': {
      const gone = await socketServer(() => undefined);
      gone.close();
      return gone;
    }
    case 'hanging':
      return await socketServer(() => undefined);
    case 'garbage':
      return await socketServer((socket) => socket.write(Buffer.alloc(4096, 'no flowctl ')));
  }
}

async function socketServer(connected: (socket: Socket) => void): Promise<FlowctlPlane> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    connected(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
