/** Asks flowctl again and again where the source of raw ledgers is. Version 1 alone can tell. */
import type { Clock } from '../ops/clock.js';
import type { HealthReporter } from '../ops/health.js';
import type { Logger } from '../ops/logger.js';
import type { SourceFinder } from '../source/discovered-source.js';
import { FlowctlConnection, type FlowctlAddress } from './connection.js';
import { type DiscoveredComponent, discoverSources, isUnimplemented } from './control-plane.js';

const POLL_MS = 5000;
const DEADLINE_MS = 2000;

/** What sources of raw ledgers say that they send. */
const RAW_LEDGER_TYPES = [
  'raw_ledger_service.RawLedgerChunk',
  'raw_ledger_service.RawLedger',
  'stellar.LedgerCloseMeta',
  'stellar.ledger.v1',
];

export interface SourceDiscoveryOptions {
  readonly address: FlowctlAddress;
  /** A source that says it is of another network is passed over. */
  readonly networkPassphrase: string;
  readonly health: HealthReporter;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class SourceDiscovery implements SourceFinder {
  private readonly options: SourceDiscoveryOptions;
  private readonly listeners = new Set<() => void>();
  private connection: FlowctlConnection | undefined;
  private found: DiscoveredComponent | undefined;
  private lastFailure: string | undefined;
  private cancelPoll: () => void = () => undefined;
  private isClosed = false;

  constructor(options: SourceDiscoveryOptions) {
    this.options = options;
    options.health.degraded('flowctl has not said yet where the source is');
    void this.poll();
  }

  async target(signal: AbortSignal): Promise<string | undefined> {
    while (this.found === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          stop();
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const stop = this.onMoved(wake);
        signal.addEventListener('abort', wake);
      });
    }
    return signal.aborted ? undefined : this.found?.endpoint;
  }

  onMoved(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.isClosed = true;
    this.cancelPoll();
    this.connection?.close();
  }

  private async poll(): Promise<void> {
    this.connection ??= new FlowctlConnection(this.options.address);
    try {
      this.choose(await discoverSources(this.connection, RAW_LEDGER_TYPES, DEADLINE_MS));
    } catch (error) {
      // The next one is not to meet a hung connection.
      this.connection.close();
      this.connection = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      this.failed(
        isUnimplemented(error)
          ? 'this flowctl cannot tell where sources are, it lacks flowctl.v1: set SOURCE_ENDPOINT to an address'
          : `flowctl does not say where the source is: ${reason}`,
      );
    }
    if (!this.isClosed) this.cancelPoll = this.options.clock.after(POLL_MS, () => void this.poll());
  }

  /** Stays with a source that is still there; else the first by id, since flowctl lists them in no order. */
  private choose(components: readonly DiscoveredComponent[]): void {
    const candidates = components
      .filter((component) => this.isSource(component))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const before = this.found;
    const next =
      candidates.find(({ id, endpoint }) => id === before?.id && endpoint === before.endpoint) ?? candidates[0];
    if (next === undefined) {
      this.failed('flowctl knows no source of raw ledgers of this network');
      return;
    }
    this.lastFailure = undefined;
    this.options.health.ready();
    if (next.endpoint === before?.endpoint) return;
    this.found = next;
    this.options.logger.info({ source: next.id, target: next.endpoint }, 'flowctl has named a source');
    for (const listener of [...this.listeners]) listener();
  }

  private isSource({ endpoint, output_event_types: types, metadata }: DiscoveredComponent): boolean {
    const passphrase = metadata.network_passphrase;
    const isOurNetwork = passphrase === undefined || passphrase === this.options.networkPassphrase;
    return endpoint !== '' && isOurNetwork && types.some((type) => RAW_LEDGER_TYPES.includes(type));
  }

  /** A source that was found before is kept: flowctl's absence says nothing about it. */
  private failed(reason: string): void {
    if (this.isClosed) return;
    if (this.found === undefined) this.options.health.degraded(reason);
    if (reason !== this.lastFailure) this.options.logger.warn({ reason }, 'no source from flowctl; asking again');
    this.lastFailure = reason;
  }
}
