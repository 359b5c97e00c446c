/** Watches whether the source can be reached, also while no stream is open. */
import { Client, connectivityState } from '@grpc/grpc-js';
import type { HealthReporter } from '../ops/health.js';
import { clientCredentials } from '../grpc/client-channel.js';
import { channelOptions, type SourceAddress } from './source-connection.js';

/** Connectivity is looked at when it changes, and at least so often. */
const WATCH_MS = 10_000;
/** Health should not say for minutes that a source is away which is back. */
const MAX_RECONNECT_BACKOFF_MS = 5_000;

export class SourceProbe {
  private readonly client: Client;
  private readonly target: string;
  private readonly health: HealthReporter;
  private isClosed = false;

  constructor(address: SourceAddress, health: HealthReporter) {
    this.client = new Client(address.target, clientCredentials(address.target, address.tls), {
      ...channelOptions(address),
      'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_BACKOFF_MS,
    });
    this.target = address.target;
    this.health = health;
    this.watch();
  }

  close(): void {
    this.isClosed = true;
    this.client.close();
  }

  private watch(): void {
    if (this.isClosed) return;
    const channel = this.client.getChannel();
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) this.health.ready();
    else if (state === connectivityState.TRANSIENT_FAILURE) {
      this.health.degraded(`the source ${this.target} cannot be reached; trying again`);
    }
    channel.watchConnectivityState(state, Date.now() + WATCH_MS, () => this.watch());
  }
}
