/**
 * A turn of the event loop before each piece of synchronous work. Objects that arrive together would else be decoded one after
 * the other before the loop polls again, and nothing new would be asked of the network meanwhile: the latency of the store
 * would come on top of the decoding instead of beside it. (libuv handles all ready events of one poll before it polls again.)
 */
export class Turns {
  private last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn; one in each turn of the loop, first come, first served. */
  next(): Promise<void> {
    this.last = this.last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.last;
  }
}
