import { moveJournalOn, type JournalClaim } from '../../db/webhooks/journal.js';
import { keepStrays, type OwnedEvent } from '../../db/webhooks/intake.js';
import { takeHalved } from '../../db/webhooks/takeHalved.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { inTransaction } from '../../db/transaction.js';
import type { JournalFile } from '../../domain/webhooks/journalEvent.js';
import type { WebhookEvent } from '../../domain/webhooks/webhookEvent.js';
import { crashPoint } from '../../platform/crashPoint.js';

/** So many events go in one statement: what it costs grows with more than their number. */
const EVENTS_AT_ONCE = 200;
/** A portal may come to a workspace while its events are stored: then it is looked up once more. */
const TRIES = 3;

export interface StoredFile {
  readonly fresh: number;
  readonly strays: number;
  /** Events that the database does not take: they are left out, so that they hold up none of the others. */
  readonly refused: number;
  /** Types of which records are to be read. */
  readonly toRead: readonly SyncedObject[];
}

type Storing = { -readonly [Name in keyof StoredFile]: StoredFile[Name] };

/** A portal has come or gone since it was looked up. */
class Moved extends Error {}

/**
 * Stores the events of a file and the journal's new place in one transaction: a process that dies leaves both or
 * neither. Undefined: the journal is another's by now, and nothing was stored.
 */
export async function storeJournalFile(
  { pool, portals }: { readonly pool: Pool; readonly portals: PortalResolver },
  claim: JournalClaim,
  offset: string,
  file: JournalFile,
): Promise<StoredFile | undefined> {
  for (let tried = 1; ; tried += 1) {
    const { owned, strays } = await ownersOf(portals, file.events);
    try {
      return await inTransaction(pool, async (client) => {
        const to = { offset, ...file, events: file.events.length };
        if (!(await moveJournalOn(client, claim, to))) return undefined;
        crashPoint('webhooks.journal.moved');
        const stored: Storing = { fresh: 0, refused: 0, strays: strays.length, toRead: [] };
        for (const events of slices(strays))
          if ((await keepStrays(client, events)).size > 0) throw new Moved();
        for (const events of slices(owned)) {
          const { fresh, refused, unowned, toRead } = await takeHalved(client, events, 'journal');
          if (unowned > 0) throw new Moved();
          stored.fresh += fresh;
          stored.refused += refused;
          stored.toRead = [...stored.toRead, ...toRead];
        }
        crashPoint('webhooks.journal.events-stored');
        return stored;
      });
    } catch (error) {
      if (!(error instanceof Moved) || tried >= TRIES) throw error;
      for (const { portalId } of file.events) portals.forget(portalId);
    }
  }
}

/** By the records that they name: whoever stores reads takes their rows in this order. */
async function ownersOf(portals: PortalResolver, events: readonly WebhookEvent[]) {
  const owned: OwnedEvent[] = [];
  const strays: WebhookEvent[] = [];
  const ids = [...new Set(events.map(({ portalId }) => portalId))];
  const found = new Map(await Promise.all(ids.map(async (id) => [id, await portals.find(id)] as const)));
  for (const event of events) {
    const portal = found.get(event.portalId);
    if (portal && portal.state !== 'disconnected') owned.push({ workspaceId: portal.workspaceId, event });
    else strays.push(event);
  }
  return { owned: owned.sort(inOrder), strays };
}

function inOrder(a: OwnedEvent, b: OwnedEvent): number {
  const [one, other] = [a.event.records[0], b.event.records[0]];
  return (
    compare(a.workspaceId, b.workspaceId) ||
    a.event.portalId - b.event.portalId ||
    compare(one?.objectType ?? '', other?.objectType ?? '') ||
    compare(BigInt(one?.recordId ?? 0), BigInt(other?.recordId ?? 0))
  );
}

const compare = <T extends string | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function* slices<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += EVENTS_AT_ONCE)
    yield items.slice(from, from + EVENTS_AT_ONCE);
}
