/** A disk that is full, or may not be written to: what is said, what is left, and that a later run goes on. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileSink } from '../../src/backfill/files/file-sink.js';
import { removeUnfinished, writeWholeFile } from '../../src/backfill/files/whole-file.js';
import type { Cleanup } from '../service/cleanup.js';
import { filesOf, generatedLake, makeFilesOf, temporaryFolder } from './generated-lake.js';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

/** A disk of so many KiB, which can be made larger or only readable; undefined where none can be mounted. */
function smallDisk(cleanup: Cleanup, kibibytes: number) {
  const path = mkdtempSync(join(tmpdir(), 'backfill-disk-'));
  const mount = (...words: string[]): boolean => spawnSync('mount', [...words, path]).status === 0;
  const isMounted = isRoot && mount('-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs');
  cleanup.after(() => {
    if (isMounted) spawnSync('umount', [path]);
    rmSync(path, { recursive: true, force: true });
  });
  return isMounted ? { path, remount: (options: string) => assert.ok(mount('-o', `remount,${options}`)) } : undefined;
}

/** Runs `act` as a user who may look into `folder`, and not write there. */
async function withoutRight(folder: string, act: () => Promise<void>): Promise<void> {
  chmodSync(folder, isRoot ? 0o755 : 0o555);
  if (isRoot) process.seteuid!(NOBODY);
  try {
    await act();
  } finally {
    if (isRoot) process.seteuid!(0);
    chmodSync(folder, 0o755);
  }
}

const contentsOf = (folder: string): [string, string][] =>
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]);

for (const format of ['arrow', 'parquet'] as const) {
  test(`a disk that ends within ${format} files loses none that are whole; with more room the rest is made`, async (t) => {
    const last = 59;
    const { url } = generatedLake(t, last);
    const clean = temporaryFolder(t);
    const wanted = { format, startLedger: 1, endLedger: last, rangeLedgers: 10 } as const;
    const env = { RANGES_AT_ONCE: '1' };
    const all = await makeFilesOf(url, { ...wanted, directory: clean, env });
    const disk = smallDisk(t, Math.ceil((all.file_bytes! * 0.6) / 1024));
    if (disk === undefined) {
      t.skip('no disk can be mounted here');
      return;
    }
    const directory = disk.path;
    await assert.rejects(makeFilesOf(url, { ...wanted, directory, env }), {
      code: 'OUTPUT_FAILED',
      message: new RegExp(
        `^--out: ${directory}/contract_data-\\d+-\\d+\\.(${format}|json) cannot be written: ENOSPC: .*; ` +
          'the disk is full: make room, or use another folder\\. In the same folder the same command ',
      ),
    });
    const left = readdirSync(directory);
    const whole = left.filter((name) => name.endsWith(`.${format}`));
    assert.ok(whole.length > 0 && whole.length < 6, left.join());
    assert.deepEqual(
      left.sort(),
      ['manifest.json', ...whole, ...whole.map((name) => name.replace(format, 'json'))].sort(),
    );

    disk.remount('size=64m');
    const resumed = await makeFilesOf(url, { ...wanted, directory, env });
    assert.deepEqual([resumed.ranges_found, resumed.ledgers, resumed.failed], [whole.length, last, []]);
    assert.deepEqual(contentsOf(directory), contentsOf(clean));
  });
}

test('a folder on a disk that is only read from is named, with what to do', async (t) => {
  const { url } = generatedLake(t, 5);
  const disk = smallDisk(t, 1024);
  if (disk === undefined) {
    t.skip('no disk can be mounted here');
    return;
  }
  disk.remount('ro');
  const wanted = { format: 'arrow', directory: disk.path, startLedger: 1, endLedger: 5, rangeLedgers: 10 } as const;
  await assert.rejects(makeFilesOf(url, wanted), {
    code: 'OUTPUT_FAILED',
    message:
      /^--out: .*\/manifest\.json cannot be written: EROFS: .*; the disk is mounted for reading only: use another/,
  });
  disk.remount('rw');
  assert.deepEqual((await makeFilesOf(url, wanted)).failed, []);
});

test('a folder without the right to write is named, with what to do, and can be used once there is one', async (t) => {
  const { url } = generatedLake(t, 5);
  const directory = temporaryFolder(t);
  const wanted = { format: 'arrow', directory, startLedger: 1, endLedger: 5, rangeLedgers: 10 } as const;
  const files = filesOf(url, wanted);
  await withoutRight(directory, async () => {
    const sink = await FileSink.open({ ...files, request: files.requests[0]! }, [files.range]);
    await assert.rejects(sink.begin(), {
      code: 'OUTPUT_FAILED',
      message:
        /^--out: .*\/manifest\.json cannot be written: EACCES: .*; this user has no right to write there: give it /,
    });
  });
  assert.deepEqual(readdirSync(directory), []);
  assert.deepEqual((await makeFilesOf(url, wanted)).failed, []);
});

test('a leftover that may not be removed is named', async (t) => {
  const directory = temporaryFolder(t);
  writeFileSync(join(directory, 'left.tmp'), '');
  await withoutRight(directory, () =>
    assert.rejects(removeUnfinished(directory), { message: /^--out: .*\/left\.tmp cannot be written: EACCES: / }),
  );
});

test('what ends the contents of a file is not taken for a failure of the disk, whatever it looks like', async (t) => {
  const directory = temporaryFolder(t);
  const failure = Object.assign(new Error('the lake is away'), { code: 'ECONNRESET', syscall: 'read' });
  const contents = (function* () {
    yield Buffer.from('half');
    throw failure;
  })();
  await assert.rejects(writeWholeFile(join(directory, 'file'), contents), failure);
  assert.deepEqual(readdirSync(directory), []);
});
