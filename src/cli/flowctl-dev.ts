/** `flowctl-dev`: a control plane for development, which lists what is registered with it. */
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ProcessorError } from '../../workers/errors.js';
import { durationMs } from '../config/kinds/duration.js';
import { componentList } from '../flowctl-dev/component-list.js';
import { DevControlPlane, type Generation, GENERATIONS } from '../flowctl-dev/dev-control-plane.js';
import { type RegisteredComponent, Registry, type RegistryEvent } from '../flowctl-dev/registry.js';
import { systemClock } from '../ops/clock.js';

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly generation: Generation;
  readonly ttl: number;
  readonly sweep: number;
  readonly delay: number;
}

const EXAMPLES = `
Generations: A serves the legacy control plane alone (v0.0.2 to v0.0.6), B version 1 alone, C both (v0.0.7 to v0.0.9).

In a terminal it shows the list of components, anew each second; else a line for each event.

Examples:
  contract-data-processor flowctl-dev
  contract-data-processor flowctl-dev --generation A --ttl 5s --sweep 1s
  FLOWCTL_ENABLED=true contract-data-processor serve`;

const REFRESH_MS = 1000;
const HOME_AND_CLEAR = '\u001b[H\u001b[J';

export function flowctlDevCommand(): Command {
  return new Command('flowctl-dev')
    .description('A small flowctl control plane for development and tests')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 chooses one', port, 8080)
    .addOption(new Option('--generation <letter>', 'which flowctl to behave as').choices(GENERATIONS).default('C'))
    .option('--ttl <duration>', 'silence after which a component is unhealthy', duration, 30_000)
    .option('--sweep <duration>', 'time between looks at that', duration, 10_000)
    .option('--delay <duration>', 'fault: answer each call so much later', duration, 0)
    .addHelpText('after', EXAMPLES)
    .action(flowctlDev);
}

/** Serves until SIGINT or SIGTERM. */
async function flowctlDev({ host, port: wanted, generation, ttl, sweep, delay }: Flags): Promise<void> {
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const isLive = process.stdout.isTTY;
  const registry = new Registry({
    clock: systemClock,
    ttlMs: ttl,
    sweepMs: sweep,
    onEvent: isLive ? ignore : printEvent,
  });
  const beforeAnswer = (): Promise<void> => (delay === 0 ? Promise.resolve() : sleep(delay));
  const controlPlane = new DevControlPlane({ generation, registry, beforeAnswer });
  const bound = await controlPlane.listen(host, wanted).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProcessorError('LISTEN_FAILED', `cannot listen on ${host}:${wanted}: ${reason}`, { key: 'port' }, error);
  });
  const title = `flowctl-dev, generation ${generation}, at ${host}:${bound}\n`;
  process.stdout.write(title);
  const show = (): void => {
    process.stdout.write(`${HOME_AND_CLEAR}${title}\n${componentList(registry.all, Date.now())}`);
  };
  const timer = isLive ? setInterval(show, REFRESH_MS) : undefined;
  await stopped;
  clearInterval(timer);
  controlPlane.close();
}

function ignore(): void {
  // The list shows it.
}

function printEvent(event: RegistryEvent, { id, status, metrics }: RegisteredComponent): void {
  const health = status.replace('HEALTH_STATUS_', '');
  const numbers = Object.entries(metrics).map(([name, value]) => ` ${name}=${value}`);
  const details = event === 'heartbeat' ? numbers.sort().join('') : '';
  process.stdout.write(`${new Date().toISOString()} ${event} ${id} ${health}${details}\n`);
}

function port(value: string): number {
  const number = Number(value);
  if (!/^\d{1,5}$/.test(value) || number > 65_535) throw new InvalidArgumentError('A port number expected.');
  return number;
}

function duration(value: string): number {
  const ms = durationMs(value);
  if (ms === undefined) throw new InvalidArgumentError('A duration expected, such as 10s or 500ms.');
  return ms;
}
