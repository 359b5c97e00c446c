/**
 * The HTTP port for probes and scrapes:
 *
 *   GET /health   200 healthy or degraded, 503 unhealthy; JSON with reasons and components
 *   GET /ready    200 or 503: whether requests are worth sending
 *   GET /live     200 or 503: whether the process should be left running
 *   GET /metrics  Prometheus text format; needs a token where tokens are set
 *   and further pages, which need one too
 *
 * A token is shown as Bearer, or as the password of Basic, which browsers ask their users for.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ProcessorError } from '../../workers/errors.js';
import { shownCredentials } from '../security/credentials-header.js';
import type { ListenerSecurity } from '../security/listener-security.js';
import type { Health } from './health.js';
import type { Logger } from './logger.js';

/** How long answers under way may take once the server closes. */
const CLOSE_GRACE_MS = 500;

export interface HttpServerOptions {
  /** Every interface where undefined. */
  readonly host?: string | undefined;
  /** 0 for any free one. */
  readonly port: number;
  readonly version: string;
  readonly health: Health;
  readonly metrics: { readonly contentType: string; scrape(): Promise<string> };
  readonly logger: Logger;
  /** Further pages by their path. */
  readonly pages?: Pages | undefined;
  /** Plain HTTP, open to all, where undefined. */
  readonly security?: ListenerSecurity;
  /** Further connections are closed as they come. */
  readonly maxConnections?: number;
}

/** What a probe must be able to ask without a token. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/health', '/ready', '/live']);

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Pages = ReadonlyMap<string, () => Reply | Promise<Reply>>;

export class HttpServer {
  private readonly options: HttpServerOptions;
  private readonly server: Server;
  private readonly startedAtMs = performance.now();
  private readonly routes: Pages;

  constructor(options: HttpServerOptions) {
    this.options = options;
    this.routes = new Map<string, () => Reply | Promise<Reply>>([
      ['/health', () => this.healthReply()],
      ['/ready', () => this.probeReply('ready')],
      ['/live', () => this.probeReply('live')],
      ['/metrics', () => this.metricsReply()],
      ...(options.pages ?? []),
    ]);
    const answer = (request: IncomingMessage, response: ServerResponse): void => void this.answer(request, response);
    const { security: { tls } = {}, maxConnections } = options;
    this.server =
      tls === undefined
        ? createServer(answer)
        : createTlsServer(
            { cert: tls.cert, key: tls.key, ca: tls.clientCa, requestCert: tls.clientCa !== undefined },
            answer,
          );
    if (maxConnections !== undefined) this.server.maxConnections = maxConnections;
  }

  /** Resolves with the address listened on; rejects with a ProcessorError where that cannot be had. */
  async listen(): Promise<AddressInfo> {
    const { host, port } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) => {
        const message = `HEALTH_PORT: cannot listen on ${host ?? ''}:${port}: ${error.message}`;
        reject(new ProcessorError('LISTEN_FAILED', message, { key: 'HEALTH_PORT' }, error));
      });
      this.server.listen({ port, host }, resolve);
    });
    return this.server.address() as AddressInfo;
  }

  /** Stops listening, ends idle connections at once and the others after a short grace. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const timer = setTimeout(() => this.server.closeAllConnections(), CLOSE_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, contentType, body, headers } = await this.reply(request);
    if (status === 405) response.setHeader('Allow', 'GET, HEAD');
    if (status === 401)
      response.setHeader('WWW-Authenticate', ['Bearer', 'Basic realm="contract-data", charset="UTF-8"']);
    // A connection kept alive would outlast the server.
    if (!this.server.listening) response.setHeader('Connection', 'close');
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  private async reply(request: IncomingMessage): Promise<Reply> {
    const path = (request.url ?? '/').split('?')[0];
    const answer = this.routes.get(path!);
    if (answer === undefined) return json(404, { error: `not found; there are ${[...this.routes.keys()].join(', ')}` });
    if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { error: 'GET or HEAD expected' });
    const { tokens } = this.options.security ?? {};
    const shown = shownCredentials(request.headers.authorization)?.token;
    const mayPass = OPEN_PATHS.has(path!) || tokens?.accepts(shown) !== false;
    if (!mayPass) return json(401, { error: 'a valid token expected, as Bearer or as the password of Basic' });
    try {
      return await answer();
    } catch (error) {
      this.options.logger.error({ err: error, path }, 'HTTP request failed');
      return json(500, { error: 'internal error; see the log' });
    }
  }

  private healthReply(): Reply {
    const { status, reasons, components } = this.options.health.report();
    const uptime = Number(((performance.now() - this.startedAtMs) / 1000).toFixed(3));
    const { version } = this.options;
    return json(status === 'unhealthy' ? 503 : 200, { status, reasons, uptime_seconds: uptime, version, components });
  }

  private probeReply(probe: 'ready' | 'live'): Reply {
    const report = this.options.health.report();
    return json(report[probe] ? 200 : 503, { [probe]: report[probe], reasons: report.reasons });
  }

  private async metricsReply(): Promise<Reply> {
    const { metrics } = this.options;
    return { status: 200, contentType: metrics.contentType, body: await metrics.scrape() };
  }
}

export function json(status: number, value: unknown): Reply {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}
