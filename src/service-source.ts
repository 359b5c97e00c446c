/** The source that the configuration names, with the decode threads that fit it and what watches it for health. */
import type { ProcessorError } from '../workers/errors.js';
import { addressText } from './config/kinds/address.js';
import type { ServeConfig } from './config/serve-settings.js';
import type { Flowctl } from './flowctl/flowctl.js';
import { DISCOVERED } from './flowctl/source-endpoint.js';
import { Lake } from './lake/lake.js';
import type { LakeAddress } from './lake/lake-url.js';
import type { Health } from './ops/health.js';
import { type DecodePool, ThreadDecodePool } from './pool/decode-pool.js';
import { readPem } from './security/server-tls.js';
import { Tokens } from './security/tokens.js';
import { DiscoveredLedgerSource } from './source/discovered-source.js';
import { GrpcLedgerSource, type GrpcLedgerSourceOptions } from './source/grpc-source.js';
import type { LedgerSource } from './source/ledger-source.js';
import type { SourceObserver, SourceStreamStatus } from './source/source-observer.js';
import { SourceProbe } from './source/source-probe.js';

export interface ServiceSource {
  readonly source: LedgerSource & { readonly openStreams: readonly SourceStreamStatus[] };
  readonly pool: DecodePool & { readonly bytesInFlight: number; readonly busyMs: number };
  /** For people. */
  readonly name: string;
  /** Leaves the source; the pool is closed by itself. */
  close(): void;
}

export interface ServiceSourceParts {
  readonly config: ServeConfig;
  readonly health: Health;
  readonly flowctl: Flowctl;
  readonly observer: SourceObserver;
  readonly onThreadReplaced: (error: ProcessorError) => void;
  readonly taskTimeoutMs: number;
  readonly threadEntry?: URL | undefined;
  readonly patience?: Pick<GrpcLedgerSourceOptions, 'backoff' | 'gapWaitMs'> | undefined;
}

const BYTES_PER_MEGABYTE = 2 ** 20;
/** The part of the memory that objects of a data lake may take on their way, before they are decoded. */
const PREFETCH_SHARE = 0.25;

export async function openServiceSource(parts: ServiceSourceParts): Promise<ServiceSource> {
  const { source } = parts.config;
  return source?.kind === 'lake' ? await lakeSource(source.lake, parts) : grpcSource(parts);
}

async function lakeSource(address: LakeAddress, parts: ServiceSourceParts): Promise<ServiceSource> {
  const { config, health, observer, onThreadReplaced, taskTimeoutMs, patience, threadEntry } = parts;
  const { sourceAccessKeyId: accessKeyId, sourceSecretAccessKey: secretAccessKey } = config;
  const isKeyed = accessKeyId !== undefined && secretAccessKey !== undefined;
  const lake = await Lake.open(address, {
    networkPassphrase: config.networkPassphrase,
    threads: config.workerCount,
    prefetchBytes: config.maxMemoryMb * BYTES_PER_MEGABYTE * PREFETCH_SHARE,
    keys: isKeyed ? { accessKeyId, secretAccessKey } : undefined,
    limits: { unpackedBytes: config.unpackedLimitBytes },
    gapRetries: config.sourceGapRetries,
    idleTimeoutMs: config.sourceIdleTimeoutMs,
    taskTimeoutMs,
    ...(patience?.backoff !== undefined && { backoff: patience.backoff }),
    health: health.component('source'),
    observer,
    onThreadReplaced,
    ...(threadEntry !== undefined && { threadEntry }),
  });
  void lake.look();
  return { source: lake.source, pool: lake.pool, name: lake.url, close: () => lake.leave() };
}

function grpcSource(parts: ServiceSourceParts): ServiceSource {
  const { config, health, flowctl, observer, onThreadReplaced, taskTimeoutMs, threadEntry } = parts;
  const options = { ...grpcOptions(config), ...parts.patience, observer };
  const discovery = config.source === undefined ? flowctl.discovery() : undefined;
  const probe = discovery ?? new SourceProbe(options, health.component('source'));
  const pool = new ThreadDecodePool({
    threads: config.workerCount,
    maxBytesInFlight: config.maxMemoryMb * BYTES_PER_MEGABYTE,
    taskTimeoutMs,
    limits: { unpackedBytes: config.unpackedLimitBytes },
    ...(threadEntry !== undefined && { entry: threadEntry }),
    onThreadReplaced,
  });
  return {
    source: discovery ? new DiscoveredLedgerSource(discovery, options) : new GrpcLedgerSource(options),
    pool,
    name: options.target,
    close: () => probe.close(),
  };
}

function grpcOptions(config: ServeConfig): GrpcLedgerSourceOptions {
  const { sourceTlsCa: ca, sourceTlsCert: cert, sourceTlsKey: key, sourceTlsServerName: serverName } = config;
  const tls = {
    ...(ca !== undefined && { ca: readPem('SOURCE_TLS_CA', ca) }),
    ...(cert !== undefined && { cert: readPem('SOURCE_TLS_CERT', cert) }),
    ...(key !== undefined && { key: readPem('SOURCE_TLS_KEY', key) }),
    ...(serverName !== undefined && { serverName }),
  };
  const token = new Tokens({
    tokens: config.sourceToken === undefined ? [] : [config.sourceToken],
    file: config.sourceTokenFile,
    fileKey: 'SOURCE_TOKEN_FILE',
  });
  const address = config.source?.kind === 'grpc' ? config.source.address : config.sourceEndpoint;
  return {
    token: () => token.first,
    target: address === DISCOVERED ? DISCOVERED : addressText(address),
    networkPassphrase: config.networkPassphrase,
    gapRetries: config.sourceGapRetries,
    idleTimeoutMs: config.sourceIdleTimeoutMs,
    ...(config.sourceTls && { tls }),
  };
}
