import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { startSync } from '../../src/db/sync/changeSync.js';
import type { SyncedObject } from '../../src/db/sync/reader.js';
import { forWorkspace } from '../../src/db/tenant.js';
import { valuesOf, type Properties } from '../../src/domain/crm/mirroredRecord.js';
import type { SyncDependencies } from '../../src/services/sync/syncContext.js';
import { startCrm, type CrmHarness } from '../integration/sandbox/crmHarness.js';
import { PORTAL } from '../integration/sandbox/harness.js';
import { createTestDatabase, type TestDatabase } from './database.js';

const BATCH = 100;

interface Given {
  readonly database: TestDatabase;
  readonly crm: CrmHarness;
  readonly object: SyncedObject;
}

/** A sandbox for each test, and the mirror of its portal that is to begin (`of`), in one database for all of them. */
export function eachMirror(
  given: (now: Given) => void,
  of: (database: TestDatabase) => Promise<SyncedObject> = newMirror,
): void {
  let database: TestDatabase;
  let crm: CrmHarness;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    crm = await startCrm();
    given({ database, crm, object: await of(database) });
  });
  afterEach(() => crm.close());
}

/** A workspace with the sandbox's portal and a mirror of its contacts that is to begin; the only one that there is. */
export async function newMirror(database: TestDatabase): Promise<SyncedObject> {
  const object = await newPortal(database);
  await startSync(forWorkspace(database.pool, object.workspaceId), object);
  return object;
}

/** The same, of which nothing is mirrored yet. */
export async function newPortal({ admin }: TestDatabase): Promise<SyncedObject> {
  const object = { workspaceId: randomUUID(), portalId: PORTAL, objectType: 'contacts' };
  await admin.query(
    `TRUNCATE sync_states, sync_passes, sync_properties, crm_property_defs, crm_records, crm_edges, crm_changes, notices,
              portals CASCADE`,
  );
  await admin.query("INSERT INTO workspaces (id, name) VALUES ($1, 'mirror')", [object.workspaceId]);
  await admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    ...[PORTAL, object.workspaceId],
  ]);
  return object;
}

/** What a run or a pass works with: our own clock, and a gateway to the sandbox. */
export const mirrorDeps = (
  { pool }: TestDatabase,
  gateway: SyncDependencies['gateway'],
): SyncDependencies => ({ pool, gateway, clock: { nowMs: () => Date.now() } });

/** How a run or a pass goes that nobody stops; an error that nobody has thought of ends the test. */
export const runOptions = (object: SyncedObject) => ({
  object,
  signal: new AbortController().signal,
  untilMs: Infinity,
  onPage: (): void => undefined,
  onUnhandled: (error: unknown): void => {
    throw error;
  },
});

/** Contacts in the portal, from the first one on. Returns their ids, in order. */
export async function seedContacts(crm: CrmHarness, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += BATCH) {
    const inputs = Array.from({ length: Math.min(BATCH, count - n) }, (_, k) => ({
      properties: { email: `person${n + k}@example.com`, firstname: `Name ${n + k}` },
      associations: [],
    }));
    const { body } = await crm.post(`${crm.objects('contacts')}/batch/create`, { inputs });
    ids.push(...(body.results as { id: string }[]).map(({ id }) => id));
  }
  return ids.sort((a, b) => Number(a) - Number(b));
}

interface Verified {
  readonly ok: boolean;
  readonly missing: number;
  readonly ghosts: number;
  readonly stale: number;
  readonly rows: number;
}

/** What the sandbox says of the contacts that the mirror has as live. */
export async function verifyContacts(
  { pool }: TestDatabase,
  crm: CrmHarness,
  { workspaceId }: SyncedObject,
): Promise<Verified> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ id: string; properties: Properties }>(
    'SELECT id::text AS id, properties FROM crm_records WHERE portal_id = $1 AND archived_at IS NULL',
    [PORTAL],
  );
  const lines = rows.map(({ id, properties }) =>
    JSON.stringify({ portalId: PORTAL, objectType: 'contacts', id, properties: valuesOf(properties) }),
  );
  const { body } = await crm.control('POST', `/verify?portalId=${PORTAL}&types=contacts`, lines.join('\n'));
  return body as Verified;
}
