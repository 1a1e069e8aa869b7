import type { StoredChange } from '../../src/db/crm/changes.js';
import { valuesOf, type Properties } from '../../src/domain/crm/mirroredRecord.js';
import { replayFeed } from '../support/replayFeed.js';
import { until, type Stack } from '../support/stack.js';
import type { Figures, Verdict } from './oracle.js';

/* Portals whose contacts are mirrored, and what their mirror is judged by: HubSpot's own records, and the feed. */

export interface Mirrored {
  readonly portalId: number;
  readonly records: number;
}

/** HubSpot gives so many records a page. */
const PAGE = 100;
const TYPE = 'contacts';

export async function sandboxed<T>(stack: Stack, method: string, path: string, body?: unknown): Promise<T> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${stack.sandboxProcess.url}/_sandbox${path}`, {
    method,
    ...(text !== undefined && { body: text }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
  return (answer === '' ? undefined : JSON.parse(answer)) as T;
}

/** A portal with so many contacts, of which nothing is mirrored yet. */
export async function portalWith(
  stack: Stack,
  records: number,
  connect: () => Promise<number> = () => stack.connectPortal(),
): Promise<Mirrored> {
  const portalId = await connect();
  await sandboxed(stack, 'POST', `/portals/${portalId}/crm/${TYPE}/generate`, { count: records, seed: 7 });
  return { portalId, records };
}

export const startMirror = (stack: Stack, { portalId }: Mirrored, type = TYPE) =>
  stack.api.must('POST', `/api/sync/${portalId}/${type}`, { action: 'start' });

/** A portal in the middle of its first load: so many records have been read. `types`: which are loaded beside. */
export async function portalLoading(
  stack: Stack,
  plan: {
    readonly records: number;
    readonly read: number;
    readonly types?: readonly string[];
    readonly connect?: () => Promise<number>;
  },
): Promise<Mirrored> {
  const mirrored = await portalWith(stack, plan.records, plan.connect);
  for (const type of [TYPE, ...(plan.types ?? [])]) await startMirror(stack, mirrored, type);
  await untilRead(stack, mirrored, plan.read, 60_000);
  return mirrored;
}

/** Loads a portal beside those that are being loaded. Returns for how long that took. */
export async function loadedBeside(stack: Stack, mirrored: Mirrored): Promise<number> {
  await startMirror(stack, mirrored);
  return untilLoaded(stack, mirrored, 60_000);
}

export interface MirrorState {
  readonly loaded: number;
  readonly live: number;
  /** The first load is through. */
  readonly isLoaded: boolean;
  readonly isFresh: boolean;
  readonly failures: number;
  readonly failedRuns: number;
  readonly error: string | null;
}

export async function mirrorState(stack: Stack, { portalId }: Mirrored): Promise<MirrorState> {
  const { rows } = await stack.pool.query<MirrorState>(
    `SELECT loaded::int AS loaded, live::int AS live, cursor ->> 'kind' IS NOT DISTINCT FROM 'follow' AS "isLoaded",
            fresh_until IS NOT NULL AS "isFresh", failures_in_a_row AS failures, failed_runs::int AS "failedRuns",
            error_class AS error
       FROM sync_states WHERE portal_id = $1 AND object_type = $2`,
    [portalId, TYPE],
  );
  if (!rows[0]) throw new Error(`Nothing of portal ${portalId} is mirrored`);
  return rows[0];
}

/** Until so many records are there: in the middle of the first load. */
export const untilRead = (stack: Stack, mirrored: Mirrored, records: number, deadlineMs: number) =>
  until(
    `${records} records of portal ${mirrored.portalId} are mirrored`,
    async () => (await mirrorState(stack, mirrored)).loaded >= records,
    deadlineMs,
    50,
  );

/** Until the first load is through, and what changed meanwhile was searched. Returns for how long that took. */
export async function untilLoaded(stack: Stack, mirrored: Mirrored, deadlineMs: number): Promise<number> {
  const from = performance.now();
  await until(
    `portal ${mirrored.portalId} is mirrored`,
    async () => (await mirrorState(stack, mirrored)).isFresh,
    deadlineMs,
    100,
  );
  return performance.now() - from;
}

/** Pages of the first load that HubSpot has answered. */
export async function pagesRead(stack: Stack, { portalId }: Mirrored): Promise<number> {
  let pages = 0;
  for (let after = -1; ;) {
    const { items, next } = await stack.sandbox.requests({ portalId, after, limit: 10_000 });
    pages += items.filter(
      ({ method, path, status, foreign }) => !foreign && method === 'GET' && isList(path) && status === 200,
    ).length;
    if (items.length === 0) return pages;
    after = next;
  }
}
const isList = (path: string) => /\/crm\/objects\/[^/]+\/contacts$/.test(path);

/** More pages than a load needs are those that were read twice. */
export const pagesTwice = async (stack: Stack, mirrored: Mirrored): Promise<number> =>
  (await pagesRead(stack, mirrored)) - Math.ceil(mirrored.records / PAGE);

interface Verification {
  readonly missing: number;
  readonly ghosts: number;
  readonly stale: number;
}

/** What the sandbox says of the mirror. */
export async function verify(stack: Stack, { portalId }: Mirrored): Promise<Verification> {
  const lines = (await rowsOf(stack, portalId)).map(([id, properties]) =>
    JSON.stringify({ portalId, objectType: TYPE, id, properties: valuesOf(properties) }),
  );
  return sandboxed(stack, 'POST', `/verify?portalId=${portalId}&types=${TYPE}`, lines.join('\n'));
}

/** Until the mirror has what HubSpot has. */
export const untilTrue = (stack: Stack, mirrored: Mirrored, deadlineMs: number) =>
  until(
    `the mirror of portal ${mirrored.portalId} is what HubSpot has`,
    async () => {
      const { missing, ghosts, stale } = await verify(stack, mirrored);
      return missing + ghosts + stale === 0;
    },
    deadlineMs,
    1000,
  );

async function rowsOf(stack: Stack, portalId: number): Promise<[string, Properties][]> {
  const { rows } = await stack.pool.query<{ id: string; properties: Properties }>(
    `SELECT id::text, properties FROM crm_records
      WHERE portal_id = $1 AND object_type = $2 AND archived_at IS NULL ORDER BY crm_records.id`,
    [portalId, TYPE],
  );
  return rows.map(({ id, properties }) => [id, properties]);
}

/** HubSpot's records against the mirror, the feed against the mirror, and what was counted against both. */
export async function judgeMirror(
  stack: Stack,
  all: readonly Mirrored[],
  own: { problems?: readonly string[]; figures?: Figures } = {},
): Promise<Verdict> {
  const problems: string[] = [];
  const sum = { missing: 0, ghosts: 0, lost: 0, twice: 0 };
  for (const one of all) {
    const { missing, ghosts, stale } = await verify(stack, one);
    const rows = await rowsOf(stack, one.portalId);
    const feed = await feedOf(stack, one.portalId);
    const replayed = new Map(replayFeed(feed).map(([id, values]) => [id, JSON.stringify(sorted(values))]));
    const lost = rows.filter(([id, values]) => replayed.get(id) !== JSON.stringify(sorted(values))).length;
    const created = feed.filter(({ action }) => action === 'Created').map(({ recordId }) => recordId);
    sum.missing += missing + stale;
    sum.ghosts += ghosts + Math.max(0, replayed.size - rows.length);
    sum.lost += lost;
    sum.twice += created.length - new Set(created).size;
    const { live } = await mirrorState(stack, one);
    if (live !== rows.length) problems.push(`${live} records are counted, and ${rows.length} are there`);
  }
  for (const [what, count] of Object.entries(sum)) if (count > 0) problems.push(`${count} ${what}`);
  return {
    problems: [...problems, ...(own.problems ?? [])],
    figures: [...Object.entries(sum), ...(own.figures ?? [])],
  };
}

const sorted = (values: Properties) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));

/** Its changes, in the order of the feed. */
async function feedOf(stack: Stack, portalId: number): Promise<StoredChange[]> {
  const { rows } = await stack.pool.query<StoredChange>(
    `SELECT record_id::text AS "recordId", action, changed, merged_ids::text[] AS "mergedIds" FROM crm_changes
      WHERE portal_id = $1 AND object_type = $2 ORDER BY generation, transaction_id, crm_changes.id`,
    [portalId, TYPE],
  );
  return rows;
}
