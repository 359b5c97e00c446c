/**
 * Memory given back at once. V8 knows ArrayBuffers as small objects that hold something large elsewhere: to learn that one
 * is garbage it marks its whole heap, for every 64 MB of them. Where the code knows when a buffer has been used for the
 * last time, saying so spares it that: transferred through a port that is closed, a buffer is detached here and is
 * nowhere else. (HTML standard, "message port post message steps": the transfer comes before the missing receiver.)
 */
import { MessageChannel } from 'node:worker_threads';

/** Up to here they are not worth the call, and may be the pool that Node makes small Buffers from (64 KiB since Node 24). */
const SMALL_BYTES = Math.max(64 * 1024, Buffer.poolSize);

// Closed on this side: that takes effect at once, also on a thread whose event loop seldom turns.
const { port1: nowhere } = new MessageChannel();
nowhere.close();

/** Detaches `buffers` and frees their memory. Nobody may read them any more; one that is detached already is left out. */
export function freeBuffers(buffers: readonly ArrayBuffer[]): void {
  const large = buffers.filter(({ byteLength }) => byteLength > SMALL_BYTES);
  if (large.length > 0) nowhere.postMessage(undefined, large);
}
