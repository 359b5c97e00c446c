/**
 * Range streams as Arrow flights.
 *
 *   GetFlightInfo(CMD)   checks the request and answers tickets; nothing runs yet
 *   DoGet(ticket)        opens the reader's own stream
 *   DoAction             CancelFlightInfo, RenewFlightEndpoint, contract_data.Watermark
 */
import { randomUUID } from 'node:crypto';
import type { Schema } from 'apache-arrow';
import { arrowSchema } from '../../workers/columns/tables.js';
import { ProcessorError } from '../../workers/errors.js';
import { encodeSchema } from '../../workers/ipc.js';
import type {
  FlightCall,
  FlightDescriptor,
  FlightInfo,
  FlightProducer,
  FlightStream,
} from '../flight/flight-producer.js';
import {
  decodeCancelFlightInfoRequest,
  decodeRenewFlightEndpointRequest,
  encodeCancelFlightInfoResult,
  encodeEndpoint,
} from '../flight/messages.js';
import {
  parseRangeCommand,
  parseRangeTicket,
  partitionRange,
  rangeTicket,
  type RangeQuery,
  type RangeRequest,
  type RequestDefaults,
} from '../request/range-request.js';
import { requestWarnings } from '../request/row-request.js';
import { Queries } from './queries.js';

/** Tickets are good for longer, since they only name ledgers; some clients want a time. */
const TICKET_LIFETIME_MS = 24 * 60 * 60 * 1000;
const WATERMARK_ACTION = 'contract_data.Watermark';

/** Opens the messages of a range; made by the pipeline. */
export type OpenRange = (
  range: RangeRequest,
  signal: AbortSignal,
  onSent: (completeThrough: number) => void,
) => FlightStream['messages'];

export interface RangeProducerOptions {
  readonly defaults: RequestDefaults;
  readonly openRange: OpenRange;
  /** The oldest ledger known to be at the source. */
  readonly oldestLedger: () => number;
}

export class RangeProducer implements FlightProducer {
  readonly actions = [
    { type: 'CancelFlightInfo', description: 'Ends the streams of the query that a FlightInfo names.' },
    { type: 'RenewFlightEndpoint', description: 'Extends the expiration of an endpoint.' },
    {
      type: WATERMARK_ACTION,
      description:
        'Body: a query id from FlightInfo.app_metadata. Answers the last complete ledger sent, by partition.',
    },
  ];

  private readonly options: RangeProducerOptions;
  private readonly queries = new Queries();

  constructor(options: RangeProducerOptions) {
    this.options = options;
  }

  /** One flight: everything that the source has. */
  listFlights(criteria: Uint8Array): FlightInfo[] {
    if (criteria.length > 0) return [];
    const command = Buffer.from(JSON.stringify({ start_ledger: this.options.oldestLedger(), end_ledger: 0 }));
    return [this.flightInfo({ kind: 'command', command })];
  }

  getFlightInfo(descriptor: FlightDescriptor): Promise<FlightInfo> {
    return Promise.resolve(descriptor).then((named) => this.flightInfo(named));
  }

  getSchema(descriptor: FlightDescriptor): Promise<Uint8Array> {
    return Promise.resolve(descriptor).then((named) => encodeSchema(schemaOf(this.query(named).range)));
  }

  doGet(ticket: Uint8Array, call: FlightCall): Promise<FlightStream> {
    return Promise.resolve(ticket).then((bytes) => this.openTicket(Buffer.from(bytes).toString('utf8'), call));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- an async generator by the interface
  async *doAction(type: string, body: Uint8Array): AsyncGenerator<Uint8Array> {
    switch (type) {
      case 'CancelFlightInfo':
        yield encodeCancelFlightInfoResult(this.cancel(body));
        return;
      case 'RenewFlightEndpoint':
        yield encodeEndpoint({ ...decodeRenewFlightEndpointRequest(body), expirationTime: expirationTime() });
        return;
      case WATERMARK_ACTION:
        yield Buffer.from(JSON.stringify(this.watermark(Buffer.from(body).toString('utf8'))));
        return;
      default:
        throw new ProcessorError('INTERNAL', `action ${type} is not offered`);
    }
  }

  private flightInfo(descriptor: FlightDescriptor): FlightInfo {
    const { range, partitions } = this.query(descriptor);
    const queryId = randomUUID();
    const warnings = requestWarnings(range.decode);
    const parts = partitionRange(range, partitions);
    return {
      schema: encodeSchema(schemaOf(range)),
      descriptor,
      ordered: true,
      endpoints: parts.map((part, i) => ({
        ticket: Buffer.from(rangeTicket(part, queryId, i)),
        expirationTime: expirationTime(),
        appMetadata: Buffer.from(
          JSON.stringify({ partition: i, start_ledger: part.startLedger, end_ledger: part.endLedger }),
        ),
      })),
      appMetadata: Buffer.from(JSON.stringify({ v: 1, query_id: queryId, ...(warnings.length > 0 && { warnings }) })),
    };
  }

  private query(descriptor: FlightDescriptor): RangeQuery {
    if (descriptor.kind === 'path') {
      const message = `no flight has the path ${JSON.stringify(descriptor.path)}; ranges are asked for by a CMD descriptor`;
      throw new ProcessorError('FLIGHT_UNKNOWN', message);
    }
    return parseRangeCommand(Buffer.from(descriptor.command).toString('utf8'), this.options.defaults);
  }

  private openTicket(text: string, call: FlightCall): FlightStream {
    const { range, queryId, partition } = parseRangeTicket(text, this.options.defaults);
    const schema = encodeSchema(schemaOf(range));
    if (queryId === undefined) return { schema, messages: this.options.openRange(range, call.signal, () => undefined) };
    call.signal.throwIfAborted();
    const query = this.queries.open(queryId, partition);
    query.signal.addEventListener('abort', () => call.end(query.signal.reason), { once: true });
    call.signal.addEventListener('abort', () => query.close(), { once: true });
    const onSent = (ledger: number): void => query.completeThrough(ledger);
    return { schema, messages: this.options.openRange(range, call.signal, onSent) };
  }

  private cancel(body: Uint8Array): 'CANCELLED' | 'NOT_CANCELLABLE' {
    const { appMetadata } = decodeCancelFlightInfoRequest(body);
    const queryId = queryIdOf(appMetadata);
    if (queryId === undefined) return 'NOT_CANCELLABLE';
    this.queries.cancel(queryId);
    return 'CANCELLED';
  }

  private watermark(queryId: string): Record<string, number> {
    const watermark = this.queries.watermark(queryId);
    if (watermark === undefined)
      throw new ProcessorError('FLIGHT_UNKNOWN', `no stream of a query ${JSON.stringify(queryId)}`);
    return watermark;
  }
}

function schemaOf(range: RangeRequest): Schema {
  return arrowSchema(range.decode);
}

function expirationTime(): Date {
  return new Date(Date.now() + TICKET_LIFETIME_MS);
}

/** The query id in a FlightInfo's app_metadata, where a client gave it back. */
function queryIdOf(appMetadata: Uint8Array | undefined): string | undefined {
  if (appMetadata === undefined) return undefined;
  try {
    const { query_id: queryId } = JSON.parse(Buffer.from(appMetadata).toString('utf8')) as { query_id?: unknown };
    return typeof queryId === 'string' ? queryId : undefined;
  } catch {
    // Not ours: nothing that could be cancelled.
    return undefined;
  }
}
