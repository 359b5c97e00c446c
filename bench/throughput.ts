/** How many ledgers a second pass through the service, by the form in which the source sends them, and two relays. */
import type { EndToEndPlan } from './end-to-end.js';
import type { EndToEndReport } from './end-to-end-report.js';
import type { Bench, PlainProcesses, Reader } from './processes/bench.js';
import type { ServiceProcess } from './processes/service.js';
import type { SourceForm } from './processes/source.js';
import { spreadOf } from './spread.js';

/** Until then code is being optimised, by the very threads that are being measured. */
const WARM_UP_ROUNDS = 6;

/** One way from a source to a reader. */
interface Path {
  readonly name: string;
  readonly read: () => Promise<Sample>;
  readonly samples: Sample[];
}

interface Sample {
  readonly ledgers: number;
  readonly rows: number;
  readonly elapsedMs: number;
  readonly sourceCpuMs: number;
  /** Of what stands between source and reader. */
  readonly middleCpuMs: number;
  readonly readerCpuMs: number;
}

export async function benchThroughput(bench: Bench, plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const paths = await pathsOf(bench);
  for (let round = 1 - WARM_UP_ROUNDS; round <= plan.samples; round += 1) {
    for (const path of paths) {
      const sample = await path.read();
      if (round > 0) path.samples.push(sample);
    }
  }
  const [plain, relay] = paths.map(({ samples }) => ledgersPerSecond(samples).median);
  for (const { name, samples } of paths) {
    const rate = ledgersPerSecond(samples);
    const ledgers = plan.ledgers * samples.length;
    const cpuPerLedger = (of: (sample: Sample) => number): number =>
      samples.reduce((sum, sample) => sum + of(sample), 0) / ledgers;
    report.addThroughput({
      path: name,
      ledgersPerSecond: rate,
      contractsPerSecond: (rate.median * samples[0]!.rows) / plan.ledgers,
      ofPlain: rate.median / plain!,
      ofRelay: rate.median / relay!,
      cpuMsPerLedger: {
        source: cpuPerLedger((sample) => sample.sourceCpuMs),
        middle: cpuPerLedger((sample) => sample.middleCpuMs),
        reader: cpuPerLedger((sample) => sample.readerCpuMs),
      },
    });
  }
}

/** The relays first: they are what the others are compared with. */
async function pathsOf(bench: Bench): Promise<Path[]> {
  const reader = await bench.reader();
  const path = (name: string, read: () => Promise<Sample>): Path => ({ name, read, samples: [] });
  const served = async (form: SourceForm): Promise<[ServiceProcess, Path]> => {
    const service = await bench.service(form);
    const cpuMs = async (): Promise<number> => (await service.usage()).cpuMs;
    return [service, path(`service, ${form}`, () => read(bench, reader, service.address, cpuMs))];
  };
  const [service, ledgers] = await served('ledgers');
  const plain = await bench.plain(service);
  const relay = await bench.relay(service);
  const { address } = await relay.ask({});
  const relayCpuMs = async (): Promise<number> => (await relay.ask({})).cpuMs;
  return [
    path('plain grpc-js, ledgers', () => readPlain(bench, plain)),
    path('relay, ledgers', () => read(bench, reader, address, relayCpuMs)),
    ledgers,
    (await served('chunks'))[1],
    (await served('compressed chunks'))[1],
  ];
}

async function read(bench: Bench, reader: Reader, address: string, cpuMs: () => Promise<number>): Promise<Sample> {
  const middleBefore = await cpuMs();
  const sourceBefore = (await bench.sourceFacts()).cpuMs;
  const reply = await reader.ask({ address, startLedger: 1, endLedger: bench.ledgers });
  const sourceCpuMs = (await bench.sourceFacts()).cpuMs - sourceBefore;
  return { ...reply, readerCpuMs: reply.cpuMs, sourceCpuMs, middleCpuMs: (await cpuMs()) - middleBefore };
}

async function readPlain(bench: Bench, { source, relay, reader }: PlainProcesses): Promise<Sample> {
  const [sourceBefore, relayBefore] = [await source.ask({}), await relay.ask({})];
  const reply = await reader.ask({ address: relayBefore.address, startLedger: 1, endLedger: bench.ledgers });
  return {
    ...reply,
    readerCpuMs: reply.cpuMs,
    sourceCpuMs: (await source.ask({})).cpuMs - sourceBefore.cpuMs,
    middleCpuMs: (await relay.ask({})).cpuMs - relayBefore.cpuMs,
  };
}

function ledgersPerSecond(samples: readonly Sample[]): ReturnType<typeof spreadOf> {
  return spreadOf(samples.map(({ ledgers, elapsedMs }) => (ledgers * 1000) / elapsedMs));
}
