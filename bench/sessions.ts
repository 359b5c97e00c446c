/**
 * A session against a range stream of the same ledgers: it should cost no more with one reader, and the source and the
 * decode threads nothing extra with several, since its batches are made once.
 */
import { Client, credentials, type ServiceDefinition } from '@grpc/grpc-js';
import { loadProto } from '../src/grpc/load-proto.js';
import type { EndToEndPlan } from './end-to-end.js';
import type { EndToEndReport } from './end-to-end-report.js';
import type { Bench, Reader } from './processes/bench.js';
import type { ReaderReply } from './processes/reader.js';
import { spreadOf } from './spread.js';

const SESSION_READERS = [1, 4];
/** All readers find the first ledger held still, however late they come: the window holds all of so many ledgers. */
const WINDOW_FLAGS = ['--session-window-mb', '128'];
const MOST_LEDGERS = 224;

/** In the first ones code is being optimised. */
const WARM_UP_ROUNDS = 6;

const startProcessing = (
  loadProto('contractdata/v1/control_service.proto')['contractdata.v1.ControlService'] as ServiceDefinition
).StartProcessing!;

export async function benchSessions(bench: Bench, plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const service = await bench.service('ledgers', WINDOW_FLAGS);
  const control = new Client(service.controlAddress, credentials.createInsecure());
  const readers: Reader[] = [];
  while (readers.length < Math.max(...SESSION_READERS)) readers.push(await bench.reader());
  const { address } = service;
  const count = Math.min(bench.ledgers, MOST_LEDGERS);
  const ledgers = { startLedger: 1, endLedger: count };

  const ways = [
    { name: 'range stream, 1 reader', read: () => Promise.all([readers[0]!.ask({ address, ...ledgers })]) },
    ...SESSION_READERS.map((number) => ({
      name: `session, ${number} reader${number === 1 ? '' : 's'}`,
      read: async (): Promise<ReaderReply[]> => {
        const session = await startSession(control, count);
        return Promise.all(readers.slice(0, number).map((reader) => reader.ask({ address, ...ledgers, session })));
      },
    })),
  ].map((way) => ({ ...way, rates: [] as number[], cpuMs: 0 }));
  for (let round = 1 - WARM_UP_ROUNDS; round <= plan.samples; round += 1) {
    for (const way of ways) {
      const cpuBefore = (await service.usage()).cpuMs;
      const startedAt = performance.now();
      await way.read();
      const seconds = (performance.now() - startedAt) / 1000;
      if (round <= 0) continue;
      way.rates.push(count / seconds);
      way.cpuMs += (await service.usage()).cpuMs - cpuBefore;
    }
  }
  for (const { name, rates, cpuMs } of ways) {
    const cpuMsPerLedger = cpuMs / (rates.length * count);
    report.addSession({ way: name, ledgersPerSecond: spreadOf(rates), cpuMsPerLedger });
  }
  control.close();
  for (const reader of readers) reader.stop();
}

function startSession(control: Client, endLedger: number): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = startProcessing;
  const request = { start_ledger: 1, end_ledger: endLedger };
  return new Promise((resolve, reject) => {
    control.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) => {
      if (error) reject(error);
      else resolve((response as { session_id: string }).session_id);
    });
  });
}
