/** The configuration of `serve`: read, checked across settings, frozen. */
import { FILE_KEYS } from './file-keys.js';
import type { RawValue } from './kinds/kind.js';
import { type ReadSettings, readSettings } from './read-settings.js';
import { SERVE_SETTINGS, type ServeConfig } from './serve-settings.js';
import { readYamlFile } from './yaml-file.js';

export interface ServeConfigSources {
  /** From {@link flagValues}. */
  readonly flags: Readonly<Record<string, RawValue | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path given with --config. */
  readonly file?: string | undefined;
}

/** Throws one ProcessorError that lists all faults. */
export function loadServeConfig(sources: ServeConfigSources): ReadSettings<typeof SERVE_SETTINGS> {
  const file = sources.file === undefined ? undefined : readYamlFile(sources.file, FILE_KEYS);
  return readSettings(SERVE_SETTINGS, { flags: sources.flags, env: sources.env, file }, crossFaults);
}

function crossFaults(config: ServeConfig): string[] {
  const faults: string[] = [];
  if (config.streamShareBytes > config.maxMemoryMb * 2 ** 20) {
    faults.push('STREAM_SHARE: no more than MAX_MEMORY_MB expected, since every stream takes its share from there');
  }
  if ((config.sourceTlsCert === undefined) !== (config.sourceTlsKey === undefined)) {
    faults.push('SOURCE_TLS_CERT and SOURCE_TLS_KEY: both or neither expected');
  }
  if ((config.sourceAccessKeyId === undefined) !== (config.sourceSecretAccessKey === undefined)) {
    faults.push('SOURCE_ACCESS_KEY_ID and SOURCE_SECRET_ACCESS_KEY: both or neither expected');
  }
  if (config.sourceToken !== undefined && config.sourceTokenFile !== undefined) {
    faults.push('SOURCE_TOKEN and SOURCE_TOKEN_FILE: one of them expected');
  }
  faults.push(
    ...listenerFaults('FLIGHT_TLS', config.flightTlsCert, config.flightTlsKey, config.flightTlsClientCa),
    ...listenerFaults('GRPC_TLS', config.grpcTlsCert, config.grpcTlsKey, config.grpcTlsClientCa),
    ...listenerFaults('HEALTH_TLS', config.healthTlsCert, config.healthTlsKey, config.healthTlsClientCa),
  );
  const tlsKeys = [config.sourceTlsCa, config.sourceTlsCert, config.sourceTlsKey, config.sourceTlsServerName];
  if (!config.sourceTls && tlsKeys.some((value) => value !== undefined)) {
    faults.push(
      'SOURCE_TLS: true expected where other SOURCE_TLS_* settings are given, or the connection is not encrypted',
    );
  }
  return faults;
}

function listenerFaults(
  prefix: string,
  cert: string | undefined,
  key: string | undefined,
  clientCa: string | undefined,
): string[] {
  if ((cert === undefined) !== (key === undefined))
    return [`${prefix}_CERT and ${prefix}_KEY: both or neither expected`];
  if (clientCa === undefined || cert !== undefined) return [];
  return [`${prefix}_CLIENT_CA: ${prefix}_CERT expected beside it, since client certificates take TLS`];
}
