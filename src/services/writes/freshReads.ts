import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { DatabaseClock } from '../../db/clock.js';
import { isMirroredNow, versionsOf } from '../../db/writes/freshness.js';
import type { Pool } from '../../db/pool.js';
import { grantedScopes, keptNow } from '../../db/sync/properties.js';
import { writeResults, type ShownRecord } from '../../db/sync/results.js';
import { inWorkspaceWith, withTombstoneKey, type TombstoneKeys } from '../../db/tombstoneKey.js';
import { isAsFresh, type FreshVersion } from '../../domain/crm/freshness.js';
import { mergedInto, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { createLoadingCache } from '../../platform/cache.js';
import { readDefinitions } from '../sync/hubspotDefinitions.js';
import { recordSchema, seen, understood } from '../sync/hubspotAnswers.js';
import { refusedBy } from '../sync/syncRefused.js';
import type { WritesOf } from './recordWrite.js';

/** What is read is no older than what somebody has been told. */
export interface FreshReads {
  /**
   * Waits until the mirror has these versions, for some seconds; then reads them from HubSpot into it. False: the type
   * is not mirrored, or is held up. Rejects with SyncRefused where HubSpot does not answer.
   */
  reached(of: WritesOf, versions: readonly FreshVersion[]): Promise<boolean>;
  /** Records as HubSpot has them now: those that are live. Rejects with SyncRefused. */
  readNow(of: WritesOf, ids: readonly string[]): Promise<SeenAt>;
}

export interface SeenAt {
  readonly records: readonly SeenRecord[];
  /** When the read began, by the database's clock. */
  readonly readAt: Date;
}

export interface FreshReadsDependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly tombstones: Pick<TombstoneKeys, 'of'>;
}

const WAIT_MS = 5000;
const FIRST_PAUSE_MS = 20;
const MOST_PAUSE_MS = 500;
const READ_MS = 10_000;
/** Names of properties change seldom, and one that is new is missing for so long where nothing is mirrored. */
const NAMES = { max: 1000, ttlMs: 60_000 };

export function createFreshReads(deps: FreshReadsDependencies): FreshReads {
  const { pool, gateway, clock, tombstones } = deps;
  const definedNames = createLoadingCache(NAMES, async (key: string) => {
    const [workspaceId = '', portalId, objectType = ''] = key.split(' ');
    const of = { workspaceId, portalId: Number(portalId), objectType };
    const scopes = await grantedScopes(pool, of);
    const defined = await readDefinitions(gateway, { ...of, scopes, priority: 'interactive' });
    return defined.map(({ name }) => name);
  });

  /** Those that the mirror keeps; where it keeps none, all that there are. */
  async function namesOf(of: WritesOf): Promise<readonly string[]> {
    const kept = await keptNow(pool, of);
    return kept?.names ?? definedNames.get(`${of.workspaceId} ${of.portalId} ${of.objectType}`);
  }

  /** Those of them that are live, under the ids that they have now. */
  async function readNow(of: WritesOf, ids: readonly string[]): Promise<SeenAt> {
    const names = await namesOf(of);
    const readAt = new Date(clock.nowMs());
    const outcome = await gateway.request({
      ...{ resource: 'readObjects', params: { objectType: of.objectType } },
      body: { inputs: ids.map((id) => ({ id })), properties: names, propertiesWithHistory: [] },
      ...{ portalId: of.portalId, workspaceId: of.workspaceId },
      ...{ priority: 'interactive', deadlineMs: READ_MS },
    });
    if (outcome.kind === 'notFound') return { records: [], readAt };
    if (outcome.kind !== 'ok' && outcome.kind !== 'partial') throw refusedBy(outcome, of.objectType);
    const { results } = understood(resultsSchema, outcome.body);
    return { records: results.filter((one) => one.archived !== true).map(seen), readAt };
  }

  async function areThere(of: WritesOf, versions: readonly FreshVersion[]): Promise<boolean> {
    const known = await versionsOf(
      pool,
      of,
      versions.map(({ recordId }) => recordId),
    );
    return versions.every((version) => isAsFresh(version, known.get(version.recordId)));
  }

  return {
    readNow,
    async reached(of, versions) {
      const deadline = performance.now() + WAIT_MS;
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)) {
        if (versions.length === 0 || (await areThere(of, versions))) return true;
        if (!(await isMirroredNow(pool, of))) return false;
        if (performance.now() + pauseMs > deadline) break;
        await delay(pauseMs);
      }
      const { records, readAt } = await readNow(of, [...new Set(versions.map(({ recordId }) => recordId))]);
      // A merge locks the rows of other types, too: it is told by who follows the portal's changes.
      const shown = records.filter((one) => mergedInto(one).length === 0).map(shownWhole);
      return withTombstoneKey(tombstones, of, (key) =>
        inWorkspaceWith(pool, of.workspaceId, key, (client) => writeResults(client, of, shown, readAt)),
      );
    },
  };
}

function shownWhole(record: SeenRecord): ShownRecord {
  const values = Object.entries(record.properties).map(([name, value]) => [name, value ?? null] as const);
  return { ...record, properties: Object.fromEntries(values), isWhole: true };
}

const resultsSchema = z.object({ results: z.array(recordSchema) });
