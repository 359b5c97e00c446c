/**
 * The bearer tokens that are valid for one listener: a set, so that a new one can be brought in before the old one goes.
 *
 * Those of a file are read again when the file has changed, so that tokens rotate without a restart. A file that can no
 * longer be read, or is empty, changes nothing: a mistake in it neither opens the listener nor shuts everybody out.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ProcessorError } from '../../workers/errors.js';

/** How old the file's tokens may be. */
const REREAD_AFTER_MS = 1_000;

export interface TokenSources {
  readonly tokens: readonly string[];
  /** Path of a file with one token per line; empty lines and lines that begin with # do not count. */
  readonly file?: string | undefined;
  /** The key that names the file, for errors. */
  readonly fileKey: string;
}

export class Tokens {
  private readonly sources: TokenSources;
  private readonly now: () => number;
  private readAtMs: number;
  private current: readonly string[];

  /** Throws CONFIG_INVALID for a file that cannot be read or holds no token. */
  constructor(sources: TokenSources, now: () => number = () => performance.now()) {
    this.sources = sources;
    this.now = now;
    this.readAtMs = now();
    this.current =
      sources.file === undefined ? sources.tokens : [...sources.tokens, ...tokensOf(sources.file, sources)];
  }

  /** Whether calls must show a token. */
  get areRequired(): boolean {
    return this.sources.tokens.length > 0 || this.sources.file !== undefined;
  }

  /** A valid token, to be shown to another service. Undefined where none is configured. */
  get first(): string | undefined {
    this.refresh();
    return this.current[0];
  }

  /** Whether a caller that shows `token` may proceed. Takes as long for a token that is nearly right as for any other. */
  accepts(token: string | undefined): boolean {
    if (!this.areRequired) return true;
    if (token === undefined) return false;
    this.refresh();
    const shown = hash('sha256', token, 'buffer');
    return this.current.some((valid) => timingSafeEqual(hash('sha256', valid, 'buffer'), shown));
  }

  private refresh(): void {
    const { file, tokens } = this.sources;
    if (file === undefined || this.now() - this.readAtMs < REREAD_AFTER_MS) return;
    this.readAtMs = this.now();
    try {
      this.current = [...tokens, ...tokensOf(file, this.sources)];
    } catch {
      // The file is being replaced, or was spoilt: those read before stay valid.
    }
  }
}

function tokensOf(file: string, { fileKey: key }: TokenSources): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProcessorError('CONFIG_INVALID', `${key}: cannot be read: ${reason}`, { key }, error);
  }
  const lines = text.split('\n').map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length > 0) return tokens;
  throw new ProcessorError('CONFIG_INVALID', `${key}: a token in a line expected, ${file} holds none`, { key });
}
