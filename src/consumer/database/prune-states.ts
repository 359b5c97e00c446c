/** Forgets deleted keys, as far as nothing older can come any more. */
import type { Client } from 'pg';
import { contiguousWatermark } from '../../postgres/progress/contiguous-watermark.js';
import { pruneTombstones } from '../../postgres/upkeep/prune-tombstones.js';

/** Below what every table that has a stream is complete through: a key's state and its time to live go together. */
export async function pruneStates(client: Client): Promise<void> {
  const known = [await contiguousWatermark(client, 'contract_data'), await contiguousWatermark(client, 'ttl')];
  const watermarks = known.filter((watermark) => watermark !== undefined);
  if (watermarks.length > 0) await pruneTombstones(client, Math.min(...watermarks));
}
