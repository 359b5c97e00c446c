/**
 * A Flight reader on plain gRPC: messages by Google's JavaScript runtime, rows by apache-arrow, with the app_metadata that
 * other clients keep to themselves.
 */
import { type ClientReadableStream, Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { type Schema, tableFromIPC } from 'apache-arrow';
import { bytesOf, command, decode, encode, ticket as ticketMessage } from '../flight/google-protobuf.js';
import type { OracleRow } from '../support/row-oracle.js';
import type { Cleanup } from './cleanup.js';

export interface Progress {
  readonly v: number;
  readonly first_ledger: number;
  readonly last_ledger: number;
  readonly complete_through: number;
  readonly rows: number;
  readonly piece?: number;
  readonly pieces?: number;
  readonly end?: string;
}

export interface Batch {
  readonly progress: Progress;
  readonly header: Buffer;
  readonly body: Buffer;
}

/** A stream read to its end. */
export interface Reading {
  /** Message metadata of the schema. */
  readonly schema: Buffer;
  readonly batches: readonly Batch[];
  /** gRPC status, 0 for OK. */
  readonly status: number;
  readonly text: string;
}

export interface Info {
  readonly queryId: string;
  readonly tickets: readonly string[];
  readonly warnings: readonly string[];
  /** The message itself. */
  readonly encoded: Buffer;
}

const SERVICE = '/arrow.flight.protocol.FlightService';
const same = (bytes: Buffer): Buffer => bytes;

export class FlightReader {
  readonly port: number;
  private readonly client: Client;

  constructor(cleanup: Cleanup, port: number) {
    this.port = port;
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    cleanup.after(() => this.client.close());
  }

  /** A unary call; rejects with a ServiceError. */
  unary(method: string, request: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(`${SERVICE}/${method}`, same, same, Buffer.from(request), (error, response) => {
        if (error === null) resolve(response!);
        else reject(error);
      });
    });
  }

  call(method: string, request: Uint8Array): ClientReadableStream<Buffer> {
    return this.client.makeServerStreamRequest(`${SERVICE}/${method}`, same, same, Buffer.from(request));
  }

  async info(request: object | string): Promise<Info> {
    const text = typeof request === 'string' ? request : JSON.stringify(request);
    const encoded = await this.unary('GetFlightInfo', command(text));
    const info = decode('FlightInfo', encoded) as {
      appMetadata: string;
      endpointList: { ticket: { ticket: string } }[];
    };
    const { query_id: queryId, warnings = [] } = JSON.parse(base64Text(info.appMetadata)) as {
      query_id: string;
      warnings?: string[];
    };
    return { queryId, warnings, tickets: info.endpointList.map((e) => base64Text(e.ticket.ticket)), encoded };
  }

  /** The bodies of an action's results. */
  async action(type: string, body: Uint8Array): Promise<Buffer[]> {
    const results: Buffer[] = [];
    for await (const result of this.call('DoAction', encode('Action', { Type: type, Body: body }))) {
      results.push(bytesOf('Result', 'Body', result as Buffer));
    }
    return results;
  }

  /** Opens a stream; `onBatch` is awaited for each batch, and false from it leaves the stream with a cancel. */
  async read(ticket: string, onBatch: (batch: Batch) => unknown = () => true): Promise<Reading> {
    const call = this.call('DoGet', ticketMessage(ticket));
    const batches: Batch[] = [];
    let schema: Buffer | undefined;
    try {
      for await (const message of call) {
        if (schema === undefined) {
          schema = bytesOf('FlightData', 'DataHeader', message as Buffer);
          continue;
        }
        const batch = batchOf(message as Buffer);
        batches.push(batch);
        if ((await onBatch(batch)) === false) call.cancel();
      }
    } catch (error) {
      const { code, details } = error as ServiceError;
      return { schema: schema ?? Buffer.alloc(0), batches, status: code, text: details };
    }
    return { schema: schema ?? Buffer.alloc(0), batches, status: 0, text: '' };
  }

  /** Reads the only partition of a request to its end. */
  async readRange(request: object | string): Promise<Reading> {
    const { tickets } = await this.info(request);
    return await this.read(tickets[0]!);
  }
}

function batchOf(message: Buffer): Batch {
  const appMetadata = bytesOf('FlightData', 'AppMetadata', message);
  return {
    progress: JSON.parse(appMetadata.toString('utf8')) as Progress,
    header: bytesOf('FlightData', 'DataHeader', message),
    body: bytesOf('FlightData', 'DataBody', message),
  };
}

/** Rows as apache-arrow reads them, in the oracle's form. */
export function rowsOf({ schema, batches }: Pick<Reading, 'schema' | 'batches'>): OracleRow[] {
  const stream = ipcStream(schema, batches);
  return tableFromIPC(stream)
    .toArray()
    .map((row) => oracleRow((row as { toJSON(): Record<string, unknown> }).toJSON()));
}

export function arrowSchemaOf({ schema }: Pick<Reading, 'schema'>): Schema {
  return tableFromIPC(ipcStream(schema, [])).schema;
}

/** A row of apache-arrow as the oracle writes it: 64-bit integers as text, times in ISO 8601. */
export function oracleRow(row: Record<string, unknown>): OracleRow {
  const cells = Object.entries(row).map(([name, value]) => [
    name,
    name === 'closed_at'
      ? new Date(Number(value)).toISOString().replace('.000Z', 'Z')
      : typeof value === 'bigint'
        ? value.toString()
        : value,
  ]);
  return Object.fromEntries(cells) as OracleRow;
}

/** encapsulated message = FF FF FF FF | int32 metadata length, little-endian | metadata | body; zero length ends it. */
function ipcStream(schema: Buffer, batches: readonly Batch[]): Buffer {
  const parts: Buffer[] = [];
  const push = (header: Buffer): void => {
    const prefix = Buffer.alloc(8, 0xff);
    prefix.writeInt32LE(header.length, 4);
    parts.push(prefix, header);
  };
  push(schema);
  for (const { header, body } of batches) {
    push(header);
    parts.push(body);
  }
  parts.push(Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
  return Buffer.concat(parts);
}

function base64Text(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
