/** Bounds bytes held at once. First come, first served; a claim above the whole budget runs when nothing else does. */
export class ByteBudget {
  readonly capacity: number;
  private used = 0;
  private readonly waiting: { readonly bytes: number; readonly admit: () => void }[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Bytes held now. */
  get usedBytes(): number {
    return this.used;
  }

  /** Claims waiting now. */
  get waitingClaims(): number {
    return this.waiting.length;
  }

  /** Resolves when `bytes` are held; give them back with {@link release}. */
  async acquire(bytes: number): Promise<void> {
    if (this.waiting.length === 0 && this.fits(bytes)) {
      this.used += bytes;
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push({ bytes, admit: resolve }));
  }

  release(bytes: number): void {
    this.used -= bytes;
    let next = this.waiting[0];
    while (next !== undefined && this.fits(next.bytes)) {
      this.waiting.shift();
      this.used += next.bytes;
      next.admit();
      next = this.waiting[0];
    }
  }

  private fits(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.capacity;
  }
}
