/**
 * A column, declared once: the Arrow schema, the builders, the JSON and CSV names, the PostgreSQL types and
 * docs/columns.md all come from the declaration.
 */
import type { BoolBuilder, Int64Builder, Uint32Builder, Utf8Builder } from './builders.js';

/** What a column's writer needs found out before it runs, beside the rows themselves. */
export type ColumnNeed = 'facts' | 'keyHash' | 'liveUntil';

interface ColumnFacts {
  readonly name: string;
  readonly nullable: boolean;
  /** Type of the column in PostgreSQL. */
  readonly postgres: string;
  /** What it holds, for the documentation. */
  readonly sentence: string;
  /** Left out unless it is asked for by name. */
  readonly optional?: true;
  readonly needs?: readonly ColumnNeed[];
}

/** Appends rows `from` (inclusive) to `to` (exclusive) of the ledger at hand. */
type Writer<Context, Builder> = (context: Context, from: number, to: number, out: Builder) => void;

export type Column<Context> = ColumnFacts &
  (
    | { readonly kind: 'utf8'; readonly write: Writer<Context, Utf8Builder> }
    /** int64 where the request asks for signed integers. */
    | { readonly kind: 'uint32'; readonly write: Writer<Context, Uint32Builder | Int64Builder> }
    | { readonly kind: 'int64'; readonly write: Writer<Context, Int64Builder> }
    | { readonly kind: 'bool'; readonly write: Writer<Context, BoolBuilder> }
    /** Microseconds since the Unix epoch, UTC. */
    | { readonly kind: 'timestamp'; readonly write: Writer<Context, Int64Builder> }
  );

export type ColumnKind = Column<never>['kind'];
