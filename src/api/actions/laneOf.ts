import type { RunLane } from '../../db/actions/intake.js';
import { queueNameOf } from '../../domain/throttle/queueName.js';
import type { Rate } from '../../domain/throttle/rate.js';
import type { AnyAction } from '../../sdk/actions/action.js';

/**
 * Where a call of the action waits for its turn; null: it begins at once. A call that leaves the field of the queue out
 * waits with the others that do.
 */
export function laneOf(
  { name, lane }: Pick<AnyAction, 'name' | 'lane'>,
  input: Readonly<Record<string, unknown>>,
  defaultRate: Rate,
): RunLane | null {
  if (!lane) return null;
  const value = lane.queue === undefined ? undefined : input[lane.queue];
  const queue = queueNameOf(typeof value === 'boolean' ? String(value) : value);
  return {
    key: queue ? `action:${name}/${queue.folded}` : `action:${name}`,
    queue: queue?.name ?? null,
    queueNote: queue?.note ?? null,
    rate: lane.rate ?? defaultRate,
  };
}
