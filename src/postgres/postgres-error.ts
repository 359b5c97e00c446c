/** What the database refuses for reasons that do not pass: each has a code, and nobody parses its text. */
export type PostgresErrorCode =
  /** The database was set up by a newer version of this program. */
  | 'SCHEMA_TOO_NEW'
  /** A table does not have the columns that it should. */
  | 'SCHEMA_DIFFERS'
  /** The table holds rows of another stream. */
  | 'STREAM_MISMATCH'
  /** Another process has taken the stream over. */
  | 'STREAM_FENCED'
  /** The stored progress is not what the caller takes it to be. */
  | 'PROGRESS_CONFLICT';

export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  readonly code: PostgresErrorCode;

  /** `message` says what was expected and what was found. */
  constructor(code: PostgresErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
