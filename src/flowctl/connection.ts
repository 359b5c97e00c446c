/** One connection to flowctl's control plane, and the calls that are made on it. */
import { type CallOptions, Client, connectivityState, Metadata, type ServiceError } from '@grpc/grpc-js';
import { clientCredentials, type ClientTls, ownConnection } from '../grpc/client-channel.js';
import type { MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';

export interface FlowctlAddress {
  /** `host:port`. */
  readonly target: string;
  /** Absent: plaintext. */
  readonly tls?: ClientTls;
}

export class FlowctlConnection {
  private readonly client: Client;
  private isClosed = false;

  constructor({ target, tls }: FlowctlAddress) {
    this.client = new Client(target, clientCredentials(target, tls), ownConnection(target, tls));
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
