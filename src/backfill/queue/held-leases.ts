/** The leases of this process, renewed for as long as its ranges are at work. */
import type { ControlConnection } from './control-connection.js';
import { type Lease, renewLeases } from './leases.js';

const RENEWALS_PER_LEASE = 3;

export class HeldLeases {
  private readonly control: ControlConnection;
  private readonly leaseMs: number;
  private readonly held = new Map<Lease, AbortController>();
  private readonly timer: NodeJS.Timeout;

  constructor(control: ControlConnection, leaseMs: number) {
    this.control = control;
    this.leaseMs = leaseMs;
    this.timer = setInterval(() => void this.renew(), leaseMs / RENEWALS_PER_LEASE);
  }

  /** Renews `lease` until it is let go of. The signal aborts when another machine has it. */
  hold(lease: Lease): AbortSignal {
    const lost = new AbortController();
    this.held.set(lease, lost);
    return lost.signal;
  }

  letGo(lease: Lease): void {
    this.held.delete(lease);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async renew(): Promise<void> {
    if (this.held.size === 0) return;
    // A renewal that fails is made up for by the next; when none comes through, the range is another's, and says so at its end.
    const renewal = this.control.use((client) => renewLeases(client, [...this.held.keys()], this.leaseMs));
    for (const lost of await renewal.catch(() => [])) {
      this.held.get(lost)?.abort(new Error(`the range from ledger ${lost.firstLedger} on is another machine's now`));
    }
  }
}
