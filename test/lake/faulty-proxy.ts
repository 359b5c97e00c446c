/** Stands before an S3 server, passes requests on, and does what servers and networks do when they fail. */
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Cleanup } from '../service/cleanup.js';

export type Fault =
  /** An error answer as S3 words it. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** The connection is reset before an answer. */
  | { readonly kind: 'reset' }
  /** Half of the body, then the connection is cut. */
  | { readonly kind: 'truncate' }
  /** Half of the body as if it were all. */
  | { readonly kind: 'shorten' }
  /** An answer that begins and never goes on. */
  | { readonly kind: 'hang' };

export interface FaultyProxy {
  readonly port: number;
  /** Paths asked for so far. */
  readonly asked: readonly string[];
  /** The headers of those requests. */
  readonly headers: readonly http.IncomingHttpHeaders[];
  /** What a request for this path meets; undefined passes it on. */
  fault: (path: string) => Fault | undefined;
  /** Each answer waits for so long. */
  delayMs: number;
  /** Requests being answered at once, at most. */
  readonly mostAtOnce: number;
}

export async function faultyProxy(cleanup: Cleanup, upstreamPort: number): Promise<FaultyProxy> {
  const asked: string[] = [];
  const allHeaders: http.IncomingHttpHeaders[] = [];
  let open = 0;
  let mostAtOnce = 0;
  const agent = new http.Agent({ keepAlive: true });
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const { url: path = '', method, headers } = request;
    asked.push(path);
    allHeaders.push(headers);
    open += 1;
    mostAtOnce = Math.max(mostAtOnce, open);
    response.on('close', () => (open -= 1));
    if (proxy.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, proxy.delayMs));
    const fault = proxy.fault(path);
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'answer') {
      const { status, code } = fault;
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as planned</Message></Error>`);
      return;
    }
    const upstream = http.request({ agent, host: '127.0.0.1', port: upstreamPort, path, method, headers });
    upstream.end();
    const [real] = (await once(upstream, 'response')) as [http.IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of real) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const half = body.subarray(0, body.length >>> 1);
    const length = fault?.kind === 'shorten' ? half.length : body.length;
    const realHeaders = { ...real.headers };
    delete realHeaders['transfer-encoding'];
    response.writeHead(real.statusCode ?? 500, {
      ...realHeaders,
      'content-length': length,
    });
    if (fault === undefined) response.end(body);
    else if (fault.kind === 'shorten') response.end(half);
    else if (fault.kind === 'hang') response.write(half);
    else response.write(half, () => response.destroy());
  };
  const server = http.createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultyProxy = {
    port: (server.address() as AddressInfo).port,
    asked,
    headers: allHeaders,
    fault: () => undefined,
    delayMs: 0,
    get mostAtOnce() {
      return mostAtOnce;
    },
  };
  cleanup.after(async () => {
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return proxy;
}

/** `fault` for the first `times` requests of each object, other requests pass. */
export function firstTimes(times: number, fault: Fault): (path: string) => Fault | undefined {
  const counts = new Map<string, number>();
  return (path) => {
    if (!path.includes('.xdr')) return undefined;
    const count = counts.get(path) ?? 0;
    counts.set(path, count + 1);
    return count < times ? fault : undefined;
  };
}
