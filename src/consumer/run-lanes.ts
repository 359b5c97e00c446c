/** Runs lanes side by side, so many of a stream at a time. */
import type { Lane, LaneEnd } from './lane.js';

/**
 * `streams`: the lanes of each. What follows the network is never made to wait for what has an end. Where one fails, the
 * others commit what is whole and end; throws the first failure.
 */
export async function runLanes(
  streams: readonly (readonly Lane[])[],
  atOnce: number,
  stopping: AbortController,
  hurry: AbortSignal,
): Promise<LaneEnd> {
  const ends = new Set<LaneEnd>();
  const failures: unknown[] = [];
  const run = async (lane: Lane): Promise<void> => {
    try {
      ends.add(stopping.signal.aborted ? 'interrupted' : await lane.run(stopping.signal, hurry));
    } catch (error) {
      failures.push(error);
      stopping.abort(error);
    }
  };
  const runStream = async (lanes: readonly Lane[]): Promise<void> => {
    const bounded = lanes.filter(({ endLedger }) => endLedger !== 0);
    const runners = Array.from({ length: atOnce }, async () => {
      for (let lane = bounded.shift(); lane !== undefined; lane = bounded.shift()) await run(lane);
    });
    await Promise.all([...runners, ...lanes.filter(({ endLedger }) => endLedger === 0).map(run)]);
  };
  await Promise.all(streams.map(runStream));
  if (failures.length > 0) throw failures[0];
  if (ends.has('interrupted')) return 'interrupted';
  return ends.has('stopped') ? 'stopped' : 'complete';
}
