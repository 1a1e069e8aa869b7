import { isDataError } from '../dataError.js';
import type { Queryable } from '../pool.js';
import type { SyncedObject } from '../sync/reader.js';
import { takeEvents, type HintSource, type OwnedEvent } from './intake.js';

export interface TakenHalved {
  readonly fresh: number;
  /** Events that the database does not take. */
  readonly refused: number;
  /** Events of portals that their workspaces have no more. */
  readonly unowned: number;
  readonly toRead: readonly SyncedObject[];
}

/**
 * Stores events in a transaction of somebody's: what the database refuses is halved until the event stands alone that
 * is to blame, and that one is left out. What it cannot take now fails all.
 */
export async function takeHalved(
  client: Queryable,
  events: readonly OwnedEvent[],
  source: HintSource,
): Promise<TakenHalved> {
  await client.query('SAVEPOINT before_events');
  try {
    const { fresh, unowned, toRead } = await takeEvents(client, events, { source });
    await client.query('RELEASE SAVEPOINT before_events');
    return { fresh, refused: 0, unowned: unowned.size, toRead };
  } catch (error) {
    if (!isDataError(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT before_events');
  }
  if (events.length === 1) return { fresh: 0, refused: 1, unowned: 0, toRead: [] };
  const half = Math.ceil(events.length / 2);
  const one = await takeHalved(client, events.slice(0, half), source);
  const other = await takeHalved(client, events.slice(half), source);
  return {
    fresh: one.fresh + other.fresh,
    refused: one.refused + other.refused,
    unowned: one.unowned + other.unowned,
    toRead: [...one.toRead, ...other.toRead],
  };
}
