/** The service over generated ledgers as a process of its own: prints one line of JSON, its ports and what to expect. */
import type { Cleanup } from '../../service/cleanup.js';
import { eventually, runService } from '../../service/running-service.js';
import { expectedRows, ledgerBytes, simulatedSource } from '../../service/simulated-source.js';

const FIRST = 500;
const LAST = 529;

/** It is killed. */
const cleanup: Cleanup = { after: () => undefined };
const source = await simulatedSource(cleanup);
const service = await runService(cleanup, source, { LOG_LEVEL: 'silent', KEEPALIVE_INTERVAL: '200ms' });
await eventually('ready', async () => (await service.probe('/ready')).status === 200);
const { ports } = service;
const rows = expectedRows(FIRST, LAST).map(({ ledger_sequence, change_index, contract_id, deleted, key_xdr }) => ({
  ledger_sequence,
  change_index,
  contract_id,
  deleted,
  key_xdr,
}));
let bytes = 0;
for (let ledger = FIRST; ledger <= LAST; ledger += 1) bytes += ledgerBytes(ledger).length;
console.log(JSON.stringify({ control: ports.grpc, flight: ports.flight, first: FIRST, last: LAST, rows, bytes }));
