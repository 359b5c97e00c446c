/** What passes between the main thread and a thread that encodes one Parquet file; bytes cross by transfer. */

export type ToParquet =
  /** An Arrow IPC stream of one record batch. */
  { readonly kind: 'batch'; readonly bytes: Uint8Array<ArrayBuffer> } | { readonly kind: 'end' };

export type FromParquet =
  /** Wants a batch, or the end. */
  | { readonly kind: 'next' }
  /** The file's next bytes. */
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'done' };
