import type { Config } from '../../platform/config/config.js';
import {
  lockDeadLetters,
  renoteDeadLetters,
  reviveDeadLetters,
  type DeadLetter,
} from '../../db/outbox/deadLetters.js';
import { bookRedrive, endRedrive, lockRedrive, noteRedriven } from '../../db/outbox/redrives.js';
import { replayDryRun } from '../../db/outbox/replay.js';
import type { Pool, Queryable } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { forWorkspace, inWorkspace } from '../../db/tenant.js';
import { parseDeadLetterFilter, parseDryRunFilter } from './redriveFilter.js';
import { revalidate } from '../../services/outbox/revalidate.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import type { WakeDeliveries } from '../../services/outbox/wakeDeliveries.js';
import type { WorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';
import { crashPoint } from '../../platform/crashPoint.js';

interface Dependencies {
  readonly pool: Pool;
  readonly portalResolver: PortalResolver;
  readonly registry: Registry;
  readonly settings: WorkspaceSettingsCache;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  readonly config: Pick<Config, 'HUBSPOT_PORTAL_ID'>;
  readonly wakeDeliveries: WakeDeliveries;
}

interface RedriveId {
  readonly workspaceId: string;
  readonly redriveId: string;
}

export interface RedrivePage {
  readonly moved: number;
  readonly over: boolean;
  /** Until the next page, so that the pace is kept. */
  readonly waitMs: number;
}

export type RedriveActivities = ReturnType<typeof createRedriveActivities>;

/** So long a page lasts at its pace: a worker that dies costs no more than this of the progress that is shown. */
const PAGE_SECONDS = 2;
const MAX_PER_PAGE = 500;

export function createRedriveActivities(deps: Dependencies) {
  const { pool, settings, wakeDeliveries } = deps;

  return {
    /** Moves the next page and books it in one transaction, so that a repeat moves none twice and none is left out. */
    async redrivePage({ workspaceId, redriveId }: RedriveId): Promise<RedrivePage> {
      settings.forget(workspaceId); // what was mended a moment ago counts
      const page = await inWorkspace(pool, workspaceId, async (client) => {
        const redrive = await lockRedrive(client, redriveId);
        if (!redrive) return { portals: [], moved: 0, over: true, waitMs: 0 };
        const { kind, filter, perSecond, afterId } = redrive;
        const max = Math.min(MAX_PER_PAGE, Math.max(1, Math.ceil(perSecond * PAGE_SECONDS)));
        const moved =
          kind === 'dry_run'
            ? await replay(client, workspaceId, { ...parseDryRunFilter(filter), afterId }, max)
            : await revive(client, workspaceId, { ...parseDeadLetterFilter(filter), afterId }, max);
        const over = !moved.more;
        await noteRedriven(client, workspaceId, redrive, moved);
        await bookRedrive(client, redriveId, {
          moved: moved.moved.length,
          stillInvalid: moved.kept.length,
          afterId: moved.lastId ?? afterId,
          over,
        });
        const waitMs = Math.ceil((moved.portals.length / perSecond) * 1000);
        return { portals: moved.portals, moved: moved.portals.length, over, waitMs };
      });
      crashPoint('outbox.redrive.page-moved');
      await wakeDeliveries(page.portals.map((portalId) => ({ workspaceId, portalId, invalid: null })));
      return { moved: page.moved, over: page.over, waitMs: page.waitMs };
    },

    async cancelRedrive({ workspaceId, redriveId }: RedriveId): Promise<void> {
      const reason = 'It was cancelled; what had been moved by then stays on its way';
      await endRedrive(forWorkspace(pool, workspaceId), redriveId, 'cancelled', reason);
    },
  };

  async function revive(
    client: Queryable,
    workspaceId: string,
    filter: Parameters<typeof lockDeadLetters>[2],
    max: number,
  ): Promise<Moved> {
    const { letters, more } = await lockDeadLetters(client, workspaceId, filter, max);
    const revalidated = await Promise.all(letters.map((letter) => revalidate(deps, workspaceId, letter)));
    const sound = revalidated.flatMap((one) => (one.ok ? [one] : []));
    const wrong = revalidated.flatMap((one) => (one.ok ? [] : [one]));
    if (sound.length > 0) await reviveDeadLetters(client, sound);
    if (wrong.length > 0) await renoteDeadLetters(client, wrong);
    return {
      portals: sound.map(({ portalId }) => portalId),
      moved: sound.map(({ id }) => id),
      kept: wrong.map(({ id }) => id),
      more,
      lastId: lastIdOf(letters),
    };
  }
}

interface Moved {
  /** One entry for each event that was moved. */
  readonly portals: readonly number[];
  readonly moved: readonly string[];
  /** Still invalid. */
  readonly kept: readonly string[];
  /** There may be more that match. */
  readonly more: boolean;
  readonly lastId: string | undefined;
}

async function replay(
  client: Queryable,
  workspaceId: string,
  filter: Parameters<typeof replayDryRun>[2],
  max: number,
): Promise<Moved> {
  const events = await replayDryRun(client, workspaceId, filter, max);
  return {
    portals: events.map(({ portalId }) => portalId),
    moved: events.map(({ id }) => id),
    kept: [],
    more: events.length === max,
    lastId: lastIdOf(events),
  };
}

function lastIdOf(rows: readonly Pick<DeadLetter, 'id'>[]): string | undefined {
  const ids = rows.map(({ id }) => BigInt(id));
  return ids.length === 0 ? undefined : String(ids.reduce((a, b) => (a > b ? a : b)));
}
