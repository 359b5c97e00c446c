/**
 * Sessions as Arrow flights. Every reader gets every row from the oldest batch held on, or from the ledger it names; a
 * reader of the newest session that comes before there is one gets the schema and keepalives until it is started.
 */
import type { Schema } from 'apache-arrow';
import { arrowSchema, selectColumns } from '../../workers/columns/tables.js';
import { emptyRecordBatch, encodeSchema } from '../../workers/ipc.js';
import type { DecodeRequest } from '../../workers/request.js';
import type {
  FlightCall,
  FlightDescriptor,
  FlightInfo,
  FlightMessage,
  FlightStream,
} from '../flight/flight-producer.js';
import { FlightRefusal } from '../flight/status.js';
import { rangeForm } from '../session/range-form.js';
import type { Session } from '../session/session.js';
import type { Sessions } from '../session/sessions.js';
import { encodeProgress, quietProgress } from '../stream/app-metadata.js';
import { SESSION_PATH, type SessionRequest, sessionTicket } from './session-request.js';

export interface SessionProducerOptions {
  readonly sessions: Sessions;
  /** What a session is asked to make that is asked for nothing special. */
  readonly defaultRequest: () => DecodeRequest;
  readonly keepaliveIntervalMs: number;
}

export class SessionProducer {
  private readonly options: SessionProducerOptions;

  constructor(options: SessionProducerOptions) {
    this.options = options;
  }

  /** Each session whose path, joined by `/`, begins with `prefix`; oldest first. */
  list(prefix: string): FlightInfo[] {
    return this.options.sessions.all
      .map((session) => [...SESSION_PATH, session.id])
      .filter((path) => path.join('/').startsWith(prefix))
      .map((path) => this.flightInfo({ kind: 'path', path }, { id: path.at(-1), startLedger: undefined }));
  }

  flightInfo(descriptor: FlightDescriptor, request: SessionRequest): FlightInfo {
    const session = this.find(request);
    return {
      schema: this.schema(request),
      descriptor,
      ordered: true,
      endpoints: [{ ticket: Buffer.from(sessionTicket({ ...request, id: session?.id })) }],
      ...(session !== undefined && { appMetadata: Buffer.from(JSON.stringify(published(session))) }),
    };
  }

  /** IPC schema message metadata. */
  schema(request: SessionRequest): Uint8Array {
    const session = this.find(request);
    return encodeSchema(
      session === undefined ? arrowSchema(this.options.defaultRequest()) : schemaOf(session, request.startLedger),
    );
  }

  open(request: SessionRequest, call: FlightCall): FlightStream {
    const session = this.find(request);
    if (session === undefined) return this.openNext(request, call);
    const reader = session.attach(request.startLedger, call.signal);
    return { schema: encodeSchema(schemaOf(session, request.startLedger)), messages: reader.messages(call.signal) };
  }

  /** Undefined: the newest is asked for, and there is none with rows to read. */
  private find({ id }: SessionRequest): Session | undefined {
    return id === undefined ? this.newest : this.options.sessions.find(id);
  }

  private get newest(): Session | undefined {
    const { newest } = this.options.sessions;
    return newest?.isReadable === true ? newest : undefined;
  }

  private openNext({ startLedger }: SessionRequest, { signal }: FlightCall): FlightStream {
    this.options.sessions.refuseWhenDraining();
    const request = this.options.defaultRequest();
    const schema = arrowSchema(request);
    return { schema: encodeSchema(schema), messages: this.nextMessages(startLedger, request, signal) };
  }

  private async *nextMessages(
    startLedger: number | undefined,
    request: DecodeRequest,
    signal: AbortSignal,
  ): AsyncGenerator<FlightMessage, void, undefined> {
    const { sessions, keepaliveIntervalMs } = this.options;
    const { metadata, body } = emptyRecordBatch(selectColumns(request.table, request.columns).map(({ kind }) => kind));
    let session = this.newest;
    while (session === undefined) {
      if (signal.aborted) return;
      sessions.refuseWhenDraining();
      if (!(await sessions.news.heardWithin(keepaliveIntervalMs))) {
        yield { metadata, body, appMetadata: encodeProgress(quietProgress(0)) };
      }
      session = this.newest;
    }
    if (!haveSameFields(session.range.decode, request)) {
      throw new FlightRefusal(
        'UNAVAILABLE',
        `session ${session.id} was started with other columns than were announced before it; ask again`,
      );
    }
    yield* session.attach(startLedger, signal).messages(signal);
  }
}

/** How readers can go on without the session: it says where its rows come from. */
function published(session: Session): object {
  const forms = session.ranges.map(rangeForm);
  return {
    v: 1,
    session_id: session.id,
    status: session.state.kind,
    retained_from_ledger: session.retainedFrom,
    complete_through: session.watermark,
    range: forms.at(-1),
    ...(forms.length > 1 && { earlier_ranges: forms.slice(0, -1) }),
  };
}

function schemaOf(session: Session, startLedger: number | undefined): Schema {
  const retainedFrom = session.retainedFor(startLedger);
  return arrowSchema(session.range.decode, new Map([['retained_from_ledger', String(retainedFrom)]]));
}

function haveSameFields(a: DecodeRequest, b: DecodeRequest): boolean {
  return a.intTypes === b.intTypes && a.columns.join() === b.columns.join();
}
