/** Filters set for sessions, changed under way, and as defaults. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { rowsOf } from '../service/flight-reader.js';
import { eventually } from '../service/running-service.js';
import { expectedRows, gatedStore } from '../service/simulated-source.js';
import { assertContiguous, flightInfo, sessionService, ticketOf } from '../session/session-service.js';
import { contractDataClient } from './control-client.js';

const rows = expectedRows(500, 560);
const contract = String(rows[3]!.contract_id);
const ofContract = { contract_ids: [contract] };

test('filters changed midway hold from the stated ledger on, exactly, without a gap', async (t) => {
  const { store, open } = gatedStore(530);
  const service = await sessionService(t, {}, { store, protocols: ['ledgers'] });
  const id = await service.start({ start_ledger: 500, end_ledger: 560, batch_size: 60 });
  let change: Promise<{ effective_ledger: number; message: string; success: boolean }> | undefined;
  const reading = await service.reader.read(ticketOf(id), ({ progress }) => {
    if (progress.complete_through < 510) return;
    change ??= service.control('ConfigureFilters', ofContract);
    void change.then(open);
  });
  const { effective_ledger: from, message, success } = await change!;
  assert.ok(success && from > 510 && from <= 531, message);
  assert.match(message, new RegExp(`\\bledger ${from}\\b`));
  assert.deepEqual(rowsOf(reading), [
    ...expectedRows(500, from - 1),
    ...expectedRows(from, 560).filter((row) => row.contract_id === contract),
  ]);
  assertContiguous(reading, 500, 560);
  assert.equal(reading.batches.at(-1)!.progress.end, 'complete');

  // Published as ranges, they give the same rows.
  const { metadata } = await flightInfo(service, ['contract', 'data', id]);
  const ranges = [...(metadata.earlier_ranges as object[]), metadata.range as object];
  assert.equal(ranges.length, 2);
  const parts = [];
  for (const range of ranges) parts.push(...rowsOf(await service.reader.readRange(range)));
  assert.deepEqual(parts, rowsOf(reading));
});

test('a change names the first ledger concerned even while the session waits for readers', async (t) => {
  const patient = { SESSION_WINDOW_MB: '4', CHANNEL_BUFFER_SIZE: '8' };
  const service = await sessionService(t, patient, { protocols: ['ledgers'] });
  const wide = ['default', 'key_decoded', 'val_decoded', 'prev_val_xdr'];
  const id = await service.start({ start_ledger: 500, end_ledger: 700, batch_size: 60, columns: wide });
  await eventually('the window is full', async () => (await service.status(id)).waiting_for_readers, 20_000);
  const first = await service.control('ConfigureFilters', ofContract);
  const second = await service.control('ConfigureFilters', { include_deleted: false, session_id: id });
  assert.ok(first.effective_ledger > 500, first.message);
  assert.equal(second.effective_ledger, first.effective_ledger, 'nothing was made in between');
  const reading = await service.reader.read(ticketOf(id));
  const sequences = rowsOf(reading).map((row) => [row.ledger_sequence, row.change_index]);
  const expected = [
    ...expectedRows(500, first.effective_ledger - 1),
    ...expectedRows(first.effective_ledger, 700).filter((row) => row.contract_id === contract && row.deleted === false),
  ];
  assert.deepEqual(
    sequences,
    expected.map((row) => [row.ledger_sequence, row.change_index]),
  );
});

test('a change touches only what it names; clear removes a filter', async (t) => {
  const service = await sessionService(t);
  const filters = async (): Promise<unknown> =>
    (JSON.parse((await service.status()).range) as { filters: unknown }).filters;
  const id = await service.start({ start_ledger: 500, filters: { ...ofContract, include_deleted: false } });
  const unfiltered = { asset_codes: [], asset_issuers: [], contract_ids: [] };
  assert.deepEqual(await filters(), { ...unfiltered, ...ofContract, include_deleted: false });
  await service.control('ConfigureFilters', { asset_codes: ['USDC'], session_id: id });
  assert.deepEqual(await filters(), { ...unfiltered, ...ofContract, asset_codes: ['USDC'], include_deleted: false });
  await service.control('ConfigureFilters', { include_deleted: true, session_id: id });
  assert.deepEqual(await filters(), { ...unfiltered, ...ofContract, asset_codes: ['USDC'], include_deleted: true });
  await service.control('ConfigureFilters', { clear: ['contract_ids', 'asset_codes'], session_id: id });
  assert.deepEqual(await filters(), { ...unfiltered, include_deleted: true });
});

test('malformed changes are INVALID_ARGUMENT and change nothing', async (t) => {
  const service = await sessionService(t);
  const stellar = contractDataClient(t, service.ports.grpc);
  const id = await service.start({ start_ledger: 500 });
  const before = [await service.status(id), await stellar('GetFilterConfig')].map(withoutProgress);
  for (const change of [
    { contract_ids: ['C1'] },
    { asset_codes: ['?'] },
    { clear: ['nonsense'] },
    { clear: ['contract_ids'], ...ofContract },
  ]) {
    await assert.rejects(service.control('ConfigureFilters', change), { code: status.INVALID_ARGUMENT });
  }
  await assert.rejects(service.control('ConfigureFilters', { session_id: 'no-such' }), { code: status.NOT_FOUND });
  assert.deepEqual([await service.status(id), await stellar('GetFilterConfig')].map(withoutProgress), before);
});

function withoutProgress(message: object): unknown {
  return Object.fromEntries(
    Object.entries(message).filter(([name]) => /range|contract_ids|asset|include|min_|modified|holders/.test(name)),
  );
}

test('a change without a session sets the defaults of later sessions, and of no range', async (t) => {
  const service = await sessionService(t);
  const { effective_ledger: effective, success, message } = await service.control('ConfigureFilters', ofContract);
  assert.ok(success);
  assert.equal(effective, 0);
  assert.match(message, /later sessions/);
  const id = await service.start({ start_ledger: 500, end_ledger: 519 });
  const filtered = expectedRows(500, 519).filter((row) => row.contract_id === contract);
  assert.deepEqual(rowsOf(await service.reader.read(ticketOf(id))), filtered);
  const range = await service.reader.readRange({ start_ledger: 500, end_ledger: 519 });
  assert.deepEqual(rowsOf(range), expectedRows(500, 519));
  const free = await service.start({ start_ledger: 500, end_ledger: 519, filters: { clear: ['contract_ids'] } });
  assert.deepEqual(rowsOf(await service.reader.read(ticketOf(free))), expectedRows(500, 519));
});

test('a session that has ended is not changed, and the answer says so', async (t) => {
  const service = await sessionService(t);
  const id = await service.start({ start_ledger: 500, end_ledger: 501 });
  await service.reaches(id, 'STOPPED');
  const change = await service.control('ConfigureFilters', { ...ofContract, session_id: id });
  assert.deepEqual([change.success, change.effective_ledger], [false, 0]);
  assert.match(change.message, /stopped/);
  assert.deepEqual(rowsOf(await service.reader.read(ticketOf(id))), expectedRows(500, 501));
});

test('UpdateFilterConfig replaces the defaults whole, and GetFilterConfig gives them back', async (t) => {
  const service = await sessionService(t, { FILTER_ASSET_CODES: 'native', INCLUDE_DELETED: 'false' });
  const stellar = contractDataClient(t, service.ports.grpc);
  const nothing = { contract_ids: [], asset_codes: [], asset_issuers: [], balance_holders: [] };
  const unset = { ...nothing, include_deleted: false, min_balance: '0', modified_after_ledger: 0 };
  assert.deepEqual(await stellar('GetFilterConfig'), { ...unset, asset_codes: ['native'] });
  const config = { ...unset, ...ofContract, include_deleted: true, min_balance: '-5', modified_after_ledger: 505 };
  await stellar('UpdateFilterConfig', config);
  assert.deepEqual(await stellar('GetFilterConfig'), config);
  await stellar('UpdateFilterConfig', { ...unset, ...ofContract, include_deleted: true, modified_after_ledger: 505 });
  const id = await service.start({ start_ledger: 500, end_ledger: 519 });
  const expected = expectedRows(506, 519).filter((row) => row.contract_id === contract);
  assert.deepEqual(rowsOf(await service.reader.read(ticketOf(id))), expected);
  await assert.rejects(stellar('UpdateFilterConfig', { balance_holders: ['x'] }), { code: status.INVALID_ARGUMENT });
});
