/** Clients of the control port, made from the .proto files by proto-loader. */
import { type Client, credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { PROTO_DIRECTORY } from '../../src/grpc/load-proto.js';
import type { Cleanup } from '../service/cleanup.js';

export interface SessionStatus {
  readonly status: string;
  readonly current_ledger: number;
  readonly target_ledger: number;
  readonly entries_processed: string;
  readonly error_message: string;
  readonly reason: string;
  readonly session_id: string;
  readonly start_ledger: number;
  readonly watermark: number;
  readonly retained_from_ledger: number;
  readonly waiting_for_readers: boolean;
  readonly readers: number;
  readonly dropped_from_ledger: number;
  readonly range: string;
  readonly started_at: { readonly seconds: string } | null;
  readonly ended_at: { readonly seconds: string } | null;
}

export interface SessionMetricsReply {
  readonly contracts_processed: string;
  readonly entries_skipped: string;
  readonly batches_created: string;
  readonly bytes_processed: string;
  readonly processing_rate: number;
  readonly last_update_time: string;
}

interface Answers {
  StartProcessing: { readonly success: boolean; readonly message: string; readonly session_id: string };
  StopProcessing: { readonly success: boolean; readonly message: string };
  GetStatus: SessionStatus;
  ConfigureFilters: { readonly success: boolean; readonly message: string; readonly effective_ledger: number };
  GetMetrics: SessionMetricsReply;
  ListSessions: { readonly sessions: readonly SessionStatus[] };
}

interface ServiceAnswers {
  GetServiceInfo: {
    readonly name: string;
    readonly version: string;
    readonly network: string;
    readonly supported_features: readonly string[];
    readonly arrow_flight_endpoint: string;
    readonly started_at: { readonly seconds: string };
  };
  GetStatus: {
    readonly current_ledger: number;
    readonly contracts_processed: string;
    readonly records_streamed: string;
    readonly processing_rate_per_second: number;
    readonly last_update: { readonly seconds: string };
    readonly is_healthy: boolean;
    readonly error_message: string;
    readonly bytes_processed: string;
  };
  GetFilterConfig: Record<string, unknown>;
  UpdateFilterConfig: Record<string, never>;
}

type Call<A> = <M extends keyof A & string>(method: M, request?: object) => Promise<A[M]>;
type Method = (request: object, done: (error: ServiceError | null, reply: unknown) => void) => void;

function caller<A>(cleanup: Cleanup, port: number, file: string, service: readonly string[]): Call<A> {
  const loaded = loadSync(file, {
    includeDirs: [PROTO_DIRECTORY],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
  });
  const constructor = service.reduce<unknown>(
    (scope, name) => (scope as Record<string, unknown>)[name],
    loadPackageDefinition(loaded),
  ) as new (address: string, secrets: unknown) => Client & Record<string, Method>;
  const client = new constructor(`127.0.0.1:${port}`, credentials.createInsecure());
  cleanup.after(() => client.close());
  return (method, request = {}) =>
    new Promise((resolve, reject) => {
      client[method]!.call(client, request, (error, reply) => {
        if (error === null) resolve(reply as A[typeof method]);
        else reject(error);
      });
    });
}

/** contractdata.v1.ControlService: rejects with a ServiceError. */
export function controlClient(cleanup: Cleanup, port: number): Call<Answers> {
  return caller(cleanup, port, 'contractdata/v1/control_service.proto', ['contractdata', 'v1', 'ControlService']);
}

/** stellar.v1.ContractDataService. */
export function contractDataClient(cleanup: Cleanup, port: number): Call<ServiceAnswers> {
  return caller(cleanup, port, 'stellar/v1/contract_data_service.proto', ['stellar', 'v1', 'ContractDataService']);
}
