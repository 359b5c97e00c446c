/** What the demo prints around its live status. */
import type { ServicePorts } from '../service.js';
import type { DevFlowctl } from './dev-flowctl.js';
import { count, megabytes } from './figures.js';
import type { RowAccount } from './row-account.js';
import type { DemoOptions } from './run-demo.js';
import type { Screen } from './screen.js';

export interface Summary {
  readonly account: RowAccount;
  /** Rows sent by the service's own count; undefined where the demo was stopped before its end. */
  readonly sent: number | undefined;
  readonly checkedBatches: number;
  readonly elapsedMs: number;
  readonly peakRssBytes: number;
}

export function printTitle(screen: Screen, { version, ledgers, txsPerLedger, seed }: DemoOptions): void {
  const what = `${count(ledgers)} simulated ledgers of ${count(txsPerLedger)} transactions, seed ${seed}`;
  screen.print(screen.paint('bold', `contract-data-processor ${version}`) + `: ${what}`);
}

export function printAddresses(screen: Screen, source: string, flowctl: string, ports: ServicePorts): void {
  const lines = [
    ['flowctl', flowctl, 'a control plane to register with'],
    ['source', source, 'raw ledgers over gRPC'],
    ['flight', `127.0.0.1:${ports.flight}`, 'record batches over Arrow Flight'],
    ['control', `127.0.0.1:${ports.grpc}`, 'gRPC'],
    ['health', `http://127.0.0.1:${ports.health}`, '/health /ready /live /metrics'],
    ['page', `http://127.0.0.1:${ports.health}/`, 'the pipeline as it stands, to look at'],
  ] as const;
  for (const [name, address, what] of lines) {
    screen.print(`  ${name.padEnd(10)} ${screen.paint('cyan', address.padEnd(24))} ${what}`);
  }
}

export function printSummary(screen: Screen, summary: Summary): void {
  const { account, sent, checkedBatches, elapsedMs, peakRssBytes } = summary;
  const { completeThrough, receivedRows, generatedRows, batches } = account;
  const perSecond = (total: number): string => count((total * 1000) / elapsedMs);
  if (sent === undefined) {
    screen.print(screen.paint(['bold', 'yellow'], `stopped after ledger ${count(completeThrough)}`));
    screen.print(`  rows       ${count(receivedRows)} received, ${count(generatedRows)} generated up to that ledger`);
  } else {
    screen.print(
      screen.paint(['bold', 'green'], `complete: every row of ledgers 1 to ${count(completeThrough)}, once`),
    );
    screen.print(
      `  rows       ${count(generatedRows)} generated = ${count(sent)} sent = ${count(receivedRows)} received`,
    );
  }
  screen.print(`  batches    ${count(batches)}, ${count(checkedBatches)} of them decoded by apache-arrow and checked`);
  screen.print(
    `  speed      ${perSecond(completeThrough)} ledgers/s, ${perSecond(receivedRows)} contracts_per_second ` +
      `over ${(elapsedMs / 1000).toFixed(1)} s`,
  );
  screen.print(`  memory     ${megabytes(peakRssBytes)} resident at most, source and reader included`);
}

export function printFlowctl(screen: Screen, flowctl: DevFlowctl): void {
  screen.print();
  screen.print(screen.paint('bold', `registered with flowctl, ${count(flowctl.heartbeats())} heartbeats so far`));
  for (const line of flowctl.components()) screen.print(`  ${line}`);
}

export function printHowToRead(screen: Screen, flightPort: number): void {
  screen.print();
  screen.print('running on, until Ctrl-C; any ledgers can be read, for example with pyarrow:');
  screen.print();
  for (const line of [
    'import json, pyarrow.flight as flight',
    `client = flight.connect("grpc://127.0.0.1:${flightPort}")`,
    'query = json.dumps({"start_ledger": 1, "end_ledger": 100})',
    'info = client.get_flight_info(flight.FlightDescriptor.for_command(query))',
    'print(client.do_get(info.endpoints[0].ticket).read_all())',
  ]) {
    screen.print(`  ${line}`);
  }
}
