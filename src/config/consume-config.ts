/** The configuration of `consume`: read, checked across settings, frozen. */
import { parseFlightPath } from '../consumer/flight/flight-path.js';
import { CONSUME_SETTINGS, type ConsumeConfig } from './consume-settings.js';
import { FILE_KEYS } from './file-keys.js';
import { type ReadSettings, readSettings } from './read-settings.js';
import type { ServeConfigSources } from './serve-config.js';
import { readYamlFile } from './yaml-file.js';

/** Throws one ProcessorError that lists all faults. */
export function loadConsumeConfig(sources: ServeConfigSources): ReadSettings<typeof CONSUME_SETTINGS> {
  const file = sources.file === undefined ? undefined : readYamlFile(sources.file, FILE_KEYS);
  return readSettings(CONSUME_SETTINGS, { flags: sources.flags, env: sources.env, file }, crossFaults);
}

function crossFaults(config: ConsumeConfig): string[] {
  const { startLedger = 0, endLedger, partitions, flightPath, deferIndexes } = config;
  const faults: string[] = [];
  if (endLedger !== 0 && endLedger < startLedger) {
    faults.push(`END_LEDGER: at least START_LEDGER (${startLedger}) or 0 expected, ${endLedger} found`);
  }
  if (partitions > 1 && endLedger === 0) faults.push('PARTITIONS: END_LEDGER expected beside it');
  if (deferIndexes && endLedger === 0) faults.push('DEFER_INDEXES: END_LEDGER expected beside it');
  if (flightPath !== undefined) {
    if (parseFlightPath(flightPath) === undefined) {
      faults.push(`FLIGHT_PATH: contract/data or contract/data/<session id> expected, ${flightPath} found`);
    }
    if (startLedger !== 0 || endLedger !== 0 || partitions > 1) {
      faults.push(
        'FLIGHT_PATH: neither START_LEDGER, END_LEDGER nor PARTITIONS expected beside it, a session has its own',
      );
    }
    if (asksForRows(config)) faults.push('FLIGHT_PATH: neither filters nor COMPACT expected beside it');
  }
  if ((config.flightTlsCert === undefined) !== (config.flightTlsKey === undefined)) {
    faults.push('FLIGHT_TLS_CERT and FLIGHT_TLS_KEY: both or neither expected');
  }
  if (config.flightToken !== undefined && config.flightTokenFile !== undefined) {
    faults.push('FLIGHT_TOKEN and FLIGHT_TOKEN_FILE: one of them expected');
  }
  const { flightTlsCa, flightTlsCert, flightTlsKey, flightTlsServerName } = config;
  const tls = [flightTlsCa, flightTlsCert, flightTlsKey, flightTlsServerName];
  if (!config.flightTls && tls.some((value) => value !== undefined)) {
    faults.push(
      'FLIGHT_TLS: true expected where other FLIGHT_TLS_* settings are given, or the connection is not encrypted',
    );
  }
  return faults;
}

function asksForRows({
  filterContractIds,
  filterAssetCodes,
  filterAssetIssuers,
  knownAssets,
  compact,
}: ConsumeConfig): boolean {
  return (
    compact || [filterContractIds, filterAssetCodes, filterAssetIssuers, knownAssets].some((list) => list.length > 0)
  );
}
