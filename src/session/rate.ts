/** Events per second over the last ten. */
const SPAN_MS = 10_000;
const SLOTS = 20;
const SLOT_MS = SPAN_MS / SLOTS;

export class Rate {
  private readonly counts = new Float64Array(SLOTS);
  private readonly now: () => number;
  private readonly begunMs: number;
  private slot: number;

  /** `now` gives milliseconds of a monotonic clock. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.begunMs = now();
    this.slot = Math.floor(this.begunMs / SLOT_MS);
  }

  add(count: number): void {
    this.forget();
    this.counts[this.slot % SLOTS]! += count;
  }

  /** Counted from the beginning where that is not ten seconds ago, but over one second at least. */
  get perSecond(): number {
    this.forget();
    const spanMs = Math.min(SPAN_MS, Math.max(1000, this.now() - this.begunMs));
    return this.counts.reduce((sum, count) => sum + count, 0) / (spanMs / 1000);
  }

  private forget(): void {
    const current = Math.floor(this.now() / SLOT_MS);
    const passed = Math.min(SLOTS, current - this.slot);
    for (let i = 0; i < passed; i += 1) this.counts[(current - i) % SLOTS] = 0;
    this.slot = current;
  }
}
