/**
 * The table of errors. Each failure this program reports carries one of these codes; what a caller, an operator or a
 * shell should do about it is read from the table, never from the text.
 *
 * The message says what was expected, what came and where. Errors cross threads as plain values ({@link PlainError}).
 */

/** gRPC status codes by name (https://grpc.github.io/grpc/core/md_doc_statuscodes.html), so that workers need no gRPC. */
export const GRPC_STATUS = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

interface CodeFacts {
  /** The stage of the data's way that raises it. */
  readonly stage:
    'request' | 'config' | 'input' | 'source' | 'unpack' | 'decode' | 'pool' | 'stream' | 'output' | 'consume';
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly grpcStatus: number;
  /** 1: ours to report; 75 (EX_TEMPFAIL of sysexits.h): try again. */
  readonly exitCode: 1 | 75;
  readonly meaning: string;
}

export const ERROR_CODES = {
  REQUEST_INVALID: {
    stage: 'request',
    retryable: false,
    grpcStatus: GRPC_STATUS.INVALID_ARGUMENT,
    exitCode: 1,
    meaning: 'A request, filter, column list or option is malformed or out of bounds.',
  },
  INPUT_UNREADABLE: {
    stage: 'input',
    retryable: false,
    grpcStatus: GRPC_STATUS.NOT_FOUND,
    exitCode: 1,
    meaning: 'An input file cannot be opened, is a directory, or holds no ledgers.',
  },
  OUTPUT_FAILED: {
    stage: 'output',
    retryable: false,
    grpcStatus: GRPC_STATUS.INTERNAL,
    exitCode: 1,
    meaning: 'A file of the output cannot be written: the disk is full, or a right is missing.',
  },
  UNPACK_FAILED: {
    stage: 'unpack',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'Compressed bytes are damaged, cut short or of an unknown format.',
  },
  UNPACK_LIMIT: {
    stage: 'unpack',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'Compressed bytes unpack to more than the limit.',
  },
  LEDGER_INVALID: {
    stage: 'decode',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'The bytes of a ledger are not a valid LedgerCloseMeta, or are of a protocol this version does not know.',
  },
  LEDGER_MISMATCH: {
    stage: 'decode',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'A ledger is not the one its envelope (message, batch or object) says it is.',
  },
  PASSPHRASE_MISMATCH: {
    stage: 'decode',
    retryable: false,
    grpcStatus: GRPC_STATUS.FAILED_PRECONDITION,
    exitCode: 1,
    meaning: 'The ledgers are of another network than the configured passphrase names.',
  },
  ROW_TOO_LARGE: {
    stage: 'decode',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'One row alone does not fit into a Flight message.',
  },
  WORKER_CRASHED: {
    stage: 'pool',
    retryable: true,
    grpcStatus: GRPC_STATUS.INTERNAL,
    exitCode: 75,
    meaning: 'A worker thread died (for example out of memory) while it decoded the ledgers named.',
  },
  WORKER_TIMEOUT: {
    stage: 'pool',
    retryable: true,
    grpcStatus: GRPC_STATUS.INTERNAL,
    exitCode: 75,
    meaning: 'A worker thread did not finish the ledgers named within the limit and was replaced.',
  },
  MEMORY_EXHAUSTED: {
    stage: 'stream',
    retryable: true,
    grpcStatus: GRPC_STATUS.UNAVAILABLE,
    exitCode: 75,
    meaning: 'A stream cannot be opened because the open ones have all the memory; try again when one has ended.',
  },
  FLIGHT_UNKNOWN: {
    stage: 'request',
    retryable: false,
    grpcStatus: GRPC_STATUS.NOT_FOUND,
    exitCode: 1,
    meaning: 'No flight, session or query has the name that was given.',
  },
  QUERY_CANCELLED: {
    stage: 'stream',
    retryable: false,
    grpcStatus: GRPC_STATUS.CANCELLED,
    exitCode: 1,
    meaning: 'The query was ended by CancelFlightInfo.',
  },
  SLOW_READER: {
    stage: 'stream',
    retryable: true,
    grpcStatus: GRPC_STATUS.RESOURCE_EXHAUSTED,
    exitCode: 75,
    meaning:
      'A reader took its rows so slowly that others had to wait, and was detached; the text says where to read on.',
  },
  WINDOW_PASSED: {
    stage: 'stream',
    retryable: false,
    grpcStatus: GRPC_STATUS.OUT_OF_RANGE,
    exitCode: 1,
    meaning: 'A session no longer holds the ledger asked for; what came before its window can be read as a range.',
  },
  SHUTTING_DOWN: {
    stage: 'stream',
    retryable: true,
    grpcStatus: GRPC_STATUS.UNAVAILABLE,
    exitCode: 75,
    meaning: 'The service is being stopped; the stream can be read on from another instance or later.',
  },
  CONFIG_INVALID: {
    stage: 'config',
    retryable: false,
    grpcStatus: GRPC_STATUS.FAILED_PRECONDITION,
    exitCode: 1,
    meaning: 'The configuration has faults; all of them are listed.',
  },
  LISTEN_FAILED: {
    stage: 'config',
    retryable: false,
    grpcStatus: GRPC_STATUS.UNAVAILABLE,
    exitCode: 1,
    meaning: 'An address cannot be listened on: taken, not of this machine, or not allowed.',
  },
  SOURCE_GAP: {
    stage: 'source',
    retryable: true,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 75,
    meaning: 'The source goes on without a ledger, however often it was asked for it.',
  },
  SOURCE_CONFLICT: {
    stage: 'source',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'The source sent a ledger twice, with different bytes.',
  },
  SOURCE_INVALID: {
    stage: 'source',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'The source sent a message that makes no sense, such as one without a sequence.',
  },
  SOURCE_UNSUPPORTED: {
    stage: 'source',
    retryable: false,
    grpcStatus: GRPC_STATUS.FAILED_PRECONDITION,
    exitCode: 1,
    meaning: 'The source serves none of the protocols that this program reads.',
  },
  SOURCE_UNAVAILABLE: {
    stage: 'source',
    retryable: true,
    grpcStatus: GRPC_STATUS.UNAVAILABLE,
    exitCode: 75,
    meaning:
      'A data lake cannot be reached, is overloaded or breaks off; it is tried again for as long as somebody waits.',
  },
  SOURCE_REFUSED: {
    stage: 'source',
    retryable: false,
    grpcStatus: GRPC_STATUS.FAILED_PRECONDITION,
    exitCode: 1,
    meaning: 'The source refuses the stream for a reason that does not pass, such as authentication.',
  },
  FLIGHT_UNAVAILABLE: {
    stage: 'consume',
    retryable: true,
    grpcStatus: GRPC_STATUS.UNAVAILABLE,
    exitCode: 75,
    meaning: 'The Flight service cannot be reached, or breaks off again and again without progress.',
  },
  FLIGHT_REFUSED: {
    stage: 'consume',
    retryable: false,
    grpcStatus: GRPC_STATUS.FAILED_PRECONDITION,
    exitCode: 1,
    meaning: 'The Flight service refuses or ends the stream for a reason that does not pass.',
  },
  FLIGHT_INVALID: {
    stage: 'consume',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'The Flight service sent something else than was asked for: another schema, a gap, a malformed batch.',
  },
  ROW_REFUSED: {
    stage: 'consume',
    retryable: false,
    grpcStatus: GRPC_STATUS.DATA_LOSS,
    exitCode: 1,
    meaning: 'A row holds a value that PostgreSQL cannot hold; ledger and column are named.',
  },
  STREAM_MISMATCH: {
    stage: 'consume',
    retryable: false,
    grpcStatus: GRPC_STATUS.FAILED_PRECONDITION,
    exitCode: 1,
    meaning: 'The database holds the rows of another stream, which would be mixed up with this one.',
  },
  STREAM_FENCED: {
    stage: 'consume',
    retryable: false,
    grpcStatus: GRPC_STATUS.FAILED_PRECONDITION,
    exitCode: 1,
    meaning: 'Another consumer has taken the stream over; this one has stopped, with nothing half-written.',
  },
  DATABASE_UNAVAILABLE: {
    stage: 'consume',
    retryable: true,
    grpcStatus: GRPC_STATUS.UNAVAILABLE,
    exitCode: 75,
    meaning: 'PostgreSQL cannot be reached, or fails again and again without progress.',
  },
  DATABASE_REFUSED: {
    stage: 'consume',
    retryable: false,
    grpcStatus: GRPC_STATUS.FAILED_PRECONDITION,
    exitCode: 1,
    meaning:
      'PostgreSQL refuses a statement for a reason that does not pass by itself: permissions, a full disk, a schema.',
  },
  INTERNAL: {
    stage: 'stream',
    retryable: false,
    grpcStatus: GRPC_STATUS.INTERNAL,
    exitCode: 1,
    meaning: 'A defect of this program; please report it.',
  },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where an error happened, as far as it is known. */
export interface ErrorPlace {
  /** Ledger sequence, or the first of a group. */
  readonly ledger?: number;
  /** Last ledger of a group, where the error concerns several. */
  readonly lastLedger?: number;
  /** Byte offset within the ledger's (unpacked) bytes. */
  readonly offset?: number;
  /** XDR type being read. */
  readonly type?: string;
  /** Request or configuration key. */
  readonly key?: string;
  /** File path or object key. */
  readonly file?: string;
}

/** An error as it crosses a thread boundary (structured clone keeps only plain values whole). */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly place: ErrorPlace;
}

export class ProcessorError extends Error {
  override readonly name = 'ProcessorError';
  readonly code: ErrorCode;
  readonly place: ErrorPlace;

  /** `message` says what was expected and what came; the place is added to nothing, so name it in the message too. */
  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.place = place;
  }

  get facts(): CodeFacts {
    return ERROR_CODES[this.code];
  }

  toPlain(): PlainError {
    return { code: this.code, message: this.message, place: this.place };
  }

  static fromPlain(plain: PlainError): ProcessorError {
    return new ProcessorError(plain.code, plain.message, plain.place);
  }
}

/** Any thrown value as a ProcessorError; what is not one already is a defect and becomes INTERNAL. */
export function asProcessorError(error: unknown): ProcessorError {
  if (error instanceof ProcessorError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ProcessorError('INTERNAL', message, {}, error);
}
