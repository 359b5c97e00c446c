/** How many ledgers a second pass through the service, by the form in which the source sends them, and the relay. */
import type { EndToEndPlan } from './end-to-end.js';
import type { EndToEndReport } from './end-to-end-report.js';
import type { Bench, Reader } from './processes/bench.js';
import type { ReaderReply } from './processes/reader.js';
import type { SourceForm } from './processes/source.js';
import { spreadOf } from './spread.js';

/** Until then code is being optimised, by the very threads that are being measured. */
const WARM_UP_ROUNDS = 3;

/** One way from the source to the reader. */
interface Path {
  readonly name: string;
  readonly address: string;
  /** Processor time of what stands between source and reader, so far. */
  readonly cpuMs: () => Promise<number>;
  readonly samples: Sample[];
}

interface Sample extends ReaderReply {
  readonly sourceCpuMs: number;
  readonly middleCpuMs: number;
}

export async function benchThroughput(bench: Bench, plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const paths = await pathsOf(bench);
  const reader = await bench.reader();
  for (let round = 1 - WARM_UP_ROUNDS; round <= plan.samples; round += 1) {
    for (const path of paths) {
      const sample = await sampleOf(bench, reader, path);
      if (round > 0) path.samples.push(sample);
    }
  }
  const relay = ledgersPerSecond(paths[0]!.samples).median;
  for (const { name, samples } of paths) {
    const rate = ledgersPerSecond(samples);
    const ledgers = plan.ledgers * samples.length;
    const cpuPerLedger = (of: (sample: Sample) => number): number =>
      samples.reduce((sum, sample) => sum + of(sample), 0) / ledgers;
    report.addThroughput({
      path: name,
      ledgersPerSecond: rate,
      contractsPerSecond: (rate.median * samples[0]!.rows) / plan.ledgers,
      ofRelay: rate.median / relay,
      cpuMsPerLedger: {
        source: cpuPerLedger((sample) => sample.sourceCpuMs),
        middle: cpuPerLedger((sample) => sample.middleCpuMs),
        reader: cpuPerLedger((sample) => sample.cpuMs),
      },
    });
  }
}

async function pathsOf(bench: Bench): Promise<Path[]> {
  const forms: readonly SourceForm[] = ['ledgers', 'chunks', 'compressed chunks'];
  const services: Path[] = [];
  for (const form of forms) {
    const service = await bench.service(form);
    const cpuMs = async (): Promise<number> => (await service.usage()).cpuMs;
    services.push({ name: `service, ${form}`, address: service.address, cpuMs, samples: [] });
    if (form !== 'ledgers') continue;
    const relay = await bench.relay(service);
    const relayCpuMs = async (): Promise<number> => (await relay.ask({})).cpuMs;
    services.unshift({
      name: 'relay, ledgers',
      address: (await relay.ask({})).address,
      cpuMs: relayCpuMs,
      samples: [],
    });
  }
  return services;
}

async function sampleOf(bench: Bench, reader: Reader, { address, cpuMs }: Path): Promise<Sample> {
  const middleBefore = await cpuMs();
  const sourceBefore = (await bench.sourceFacts()).cpuMs;
  const reply = await reader.ask({ address, startLedger: 1, endLedger: bench.ledgers });
  const sourceCpuMs = (await bench.sourceFacts()).cpuMs - sourceBefore;
  return { ...reply, sourceCpuMs, middleCpuMs: (await cpuMs()) - middleBefore };
}

function ledgersPerSecond(samples: readonly Sample[]): ReturnType<typeof spreadOf> {
  return spreadOf(samples.map(({ ledgers, elapsedMs }) => (ledgers * 1000) / elapsedMs));
}
