/** The processes of a run, and the end of all of them. */
import process from 'node:process';
import { Child } from './child.js';
import type { PlainFacts, PlainRead } from './plain-grpc.js';
import type { ReaderReply, ReaderRequest } from './reader.js';
import type { RelayFacts } from './relay.js';
import { ServiceProcess } from './service.js';
import type { SourceFacts, SourceForm } from './source.js';

export type Reader = Child<ReaderRequest, ReaderReply>;
export type Relay = Child<object, RelayFacts>;

export interface PlainProcesses {
  readonly source: Child<object, PlainFacts>;
  readonly relay: Child<object, PlainFacts>;
  readonly reader: Child<ReaderRequest, PlainRead>;
}

/** The simulator's and the demo's default. */
export const TXS_PER_LEDGER = 100;
/** Pace of the ledgers at the tip: a hundred times that of the network. */
export const TIP_LEDGERS_PER_SECOND = 20;

export class Bench {
  /** Ledgers at the source, 1 to so many. */
  readonly ledgers: number;
  private readonly source: Child<object, SourceFacts>;
  private readonly stops: (() => Promise<void> | void)[] = [];

  private constructor(ledgers: number, source: Child<object, SourceFacts>) {
    this.ledgers = ledgers;
    this.source = source;
    this.stops.push(() => source.stop());
  }

  static async start(ledgers: number): Promise<Bench> {
    // The end of this process is the end of all of them.
    process.once('SIGTERM', () => process.exit(1));
    const args = [ledgers, TXS_PER_LEDGER, TIP_LEDGERS_PER_SECOND].map(String);
    return new Bench(ledgers, await Child.start(new URL('./source.js', import.meta.url), args));
  }

  sourceFacts(): Promise<SourceFacts> {
    return this.source.ask({});
  }

  /** A service on the source's ledgers in `form`. */
  async service(form: SourceForm, flags: readonly string[] = []): Promise<ServiceProcess> {
    const { addresses } = await this.sourceFacts();
    const service = await ServiceProcess.start(addresses[form], flags);
    this.stops.push(() => service.stop());
    return service;
  }

  /** A relay that sends as `service` does. */
  async relay(service: ServiceProcess): Promise<Relay> {
    const { addresses } = await this.sourceFacts();
    const args = [addresses.ledgers, service.address, String(this.ledgers)];
    const relay: Relay = await Child.start(new URL('./relay.js', import.meta.url), args);
    this.stops.push(() => relay.stop());
    return relay;
  }

  async reader(): Promise<Reader> {
    const reader: Reader = await Child.start(new URL('./reader.js', import.meta.url), []);
    this.stops.push(() => reader.stop());
    return reader;
  }

  /** Source, relay and reader by plain grpc-js, which send as `service` does. */
  async plain(service: ServiceProcess): Promise<PlainProcesses> {
    const start = async <Request extends object, Reply>(...args: string[]): Promise<Child<Request, Reply>> => {
      const child = await Child.start<Request, Reply>(new URL('./plain-grpc.js', import.meta.url), args);
      this.stops.push(() => child.stop());
      return child;
    };
    const source = await start<object, PlainFacts>('source', String(this.ledgers), String(TXS_PER_LEDGER));
    const { address } = await source.ask({});
    const relay = await start<object, PlainFacts>('relay', address, service.address, String(this.ledgers));
    return { source, relay, reader: await start<ReaderRequest, PlainRead>('reader') };
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.reverse()) await stop();
  }
}
