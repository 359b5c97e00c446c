/** Every flight of the service: sessions by their names, and ranges for everything else. */
import type {
  ActionType,
  FlightCall,
  FlightDescriptor,
  FlightInfo,
  FlightProducer,
  FlightStream,
} from '../flight/flight-producer.js';
import { type SessionRequest, sessionOfCommand, sessionOfPath, sessionOfTicket } from './session-request.js';
import type { RangeProducer } from './range-producer.js';
import type { SessionProducer } from './session-producer.js';

export class ContractDataProducer implements FlightProducer {
  readonly actions: readonly ActionType[];
  private readonly ranges: RangeProducer;
  private readonly sessions: SessionProducer;

  constructor(ranges: RangeProducer, sessions: SessionProducer) {
    this.actions = ranges.actions;
    this.ranges = ranges;
    this.sessions = sessions;
  }

  listFlights(criteria: Uint8Array): FlightInfo[] {
    return [...this.sessions.list(Buffer.from(criteria).toString('utf8')), ...this.ranges.listFlights(criteria)];
  }

  async getFlightInfo(descriptor: FlightDescriptor): Promise<FlightInfo> {
    const session = sessionOf(descriptor);
    return session === undefined
      ? await this.ranges.getFlightInfo(descriptor)
      : this.sessions.flightInfo(descriptor, session);
  }

  async getSchema(descriptor: FlightDescriptor): Promise<Uint8Array> {
    const session = sessionOf(descriptor);
    return session === undefined ? await this.ranges.getSchema(descriptor) : this.sessions.schema(session);
  }

  async doGet(ticket: Uint8Array, call: FlightCall): Promise<FlightStream> {
    const session = sessionOfTicket(Buffer.from(ticket).toString('utf8'));
    return session === undefined ? await this.ranges.doGet(ticket, call) : this.sessions.open(session, call);
  }

  doAction(type: string, body: Uint8Array): AsyncIterable<Uint8Array> {
    return this.ranges.doAction(type, body);
  }
}

function sessionOf(descriptor: FlightDescriptor): SessionRequest | undefined {
  return descriptor.kind === 'path'
    ? sessionOfPath(descriptor.path)
    : sessionOfCommand(Buffer.from(descriptor.command).toString('utf8'));
}
