/** One connection to flowctl's control plane, and the calls that are made on it. */
import {
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';

export interface FlowctlTls {
  /** PEM. Without `ca` the system's certificates are trusted; `cert` and `key` are the client's own. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** The name that flowctl's certificate must be for, where it is not the target's host. */
  readonly serverName?: string;
}

export interface FlowctlAddress {
  /** `host:port`. */
  readonly target: string;
  /** Absent: plaintext. */
  readonly tls?: FlowctlTls;
}

export class FlowctlConnection {
  private readonly client: Client;
  private isClosed = false;

  constructor({ target, tls }: FlowctlAddress) {
    this.client = new Client(target, credentialsOf(tls), channelOptions(tls));
  }

  /** A unary call by its name, as in the .proto file. Rejects with a ServiceError, at the latest after `deadlineMs`. */
  call(service: ServiceDefinition, method: string, request: object, deadlineMs: number): Promise<unknown> {
    const { path, requestSerialize, responseDeserialize } = service[method] as MethodDefinition<object, object>;
    const options: CallOptions = { deadline: Date.now() + deadlineMs };
    return new Promise((resolve, reject) => {
      const answered = (error: ServiceError | null, response?: object): void => {
        if (error === null) resolve(response);
        else reject(error);
      };
      this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        options,
        answered,
      );
    });
  }

  /** Calls `lost` once when a connection that had been made breaks; not after {@link close}. */
  onceLost(lost: () => void): void {
    const channel = this.client.getChannel();
    if (channel.getConnectivityState(false) !== connectivityState.READY) return;
    channel.watchConnectivityState(connectivityState.READY, Infinity, () => {
      if (!this.isClosed) lost();
    });
  }

  close(): void {
    this.isClosed = true;
    this.client.close();
  }
}

function credentialsOf(tls: FlowctlTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

function channelOptions(tls: FlowctlTls | undefined): ChannelOptions {
  return {
    // Each connection is one of its own: a hung one is not met again, and the backoff is ours alone.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    ...(tls?.serverName !== undefined && {
      'grpc.ssl_target_name_override': tls.serverName,
      'grpc.default_authority': tls.serverName,
    }),
  };
}
