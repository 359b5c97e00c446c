// Reads the contract data of a range of ledgers: node read-range.mjs HOST:PORT FIRST LAST
import process from 'node:process';
import { decodeBatch } from 'contract-data-processor/decode-batch';
import { readFlight } from 'contract-data-processor/read-flight';

const [address, first, last] = process.argv.slice(2);
const request = {
  start_ledger: Number(first),
  end_ledger: Number(last),
  columns: ['contract_id', 'change_type', 'balance_i128'],
};

const contracts = new Set();
let rows = 0;
let completeThrough = 0;
for await (const batch of readFlight(address, request, new AbortController().signal)) {
  // Every message says which ledgers it covers, and how far everything up to it is complete.
  const { progress } = batch;
  completeThrough = progress.complete_through;
  if (batch.rows === 0) continue;
  rows += batch.rows;
  for (const contract of decodeBatch(batch).getChild('contract_id')) contracts.add(contract);
  console.log(`${progress.first_ledger} to ${progress.last_ledger}: ${batch.rows} rows`);
}
console.log(`${rows} rows of ${contracts.size} contracts, complete through ledger ${completeThrough}`);
