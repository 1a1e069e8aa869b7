import { groupedBy } from '../../domain/groupedBy.js';
import { LINKS, type RegistrationState, type StepState } from '../../domain/register/steps.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** Where a registration stands. */
export interface RegistrationRef {
  readonly workspaceId: string;
  readonly portalId: number;
  /** A bigint, as text. */
  readonly registrationId: string;
}

export interface NewRegistration {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly requestHash: Buffer;
  readonly bodyHash: Buffer;
  /** As it was asked for: JSON. */
  readonly given: string;
}

/** A row, where so many are open in a portal. */
export const FULL_PORTAL = `SELECT FROM registrations o
  WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.state = 'open' OFFSET $6::int - 1 LIMIT 1`;

/**
 * Stores it, unless there is one of this request; then that is found. Undefined: as many as may be open in the portal
 * are, give or take those that come at the same moment.
 */
export async function storeRegistration(
  pool: Pool,
  { workspaceId, portalId, requestHash, bodyHash, given }: NewRegistration,
  mostOpen: number,
): Promise<{ id: string; portalId: number; isNew: boolean; bodyHash: Buffer } | undefined> {
  const db = forWorkspace(pool, workspaceId);
  const { rows } = await db.query<{ id: string }>({
    name: 'registration.store',
    text: `INSERT INTO registrations (workspace_id, portal_id, installation, request_hash, body_hash, given)
           SELECT $1, $2, (SELECT id FROM installation_now()), $3, $4, $5
            WHERE NOT EXISTS (${FULL_PORTAL})
           ON CONFLICT (workspace_id, request_hash) DO NOTHING RETURNING id`,
    values: [workspaceId, portalId, requestHash, bodyHash, given, mostOpen],
  });
  if (rows[0]) return { id: rows[0].id, portalId, isNew: true, bodyHash };
  const known = await db.query<{ id: string; portalId: number; bodyHash: Buffer }>({
    name: 'registration.of_request',
    text: `SELECT id, portal_id::float8 AS "portalId", body_hash AS "bodyHash" FROM registrations
            WHERE workspace_id = $1 AND request_hash = $2`,
    values: [workspaceId, requestHash],
  });
  return known.rows[0] && { ...known.rows[0], isNew: false };
}

/** Since when it is open, in milliseconds of the database's clock: one that was resumed is not old at once. */
export async function openSinceMs(
  pool: Pool,
  { workspaceId, registrationId }: RegistrationRef,
): Promise<number> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ ms: number }>({
    name: 'registration.open_since',
    text: `SELECT (extract(epoch FROM coalesce(resumed_at, created_at)) * 1000)::float8 AS ms
             FROM registrations WHERE workspace_id = $1 AND id = $2`,
    values: [workspaceId, registrationId],
  });
  // One that is there no more ends with its turn.
  return rows[0]?.ms ?? 0;
}

export interface StepView {
  readonly n: number;
  readonly step: string;
  readonly state: StepState;
  readonly tries: number;
  readonly doubts: number;
  /** By row; null: it was not written. */
  readonly recordIds: readonly (string | null)[];
  /** By row, as far as anything was written: HubSpot said that it made the record for it. */
  readonly made: readonly boolean[];
  /** JSON. */
  readonly failures: string | null;
  readonly resolvedAt: Date | null;
}

export interface RegistrationView {
  readonly id: string;
  readonly portalId: number;
  readonly state: RegistrationState;
  readonly notes: string | null;
  readonly problems: string | null;
  /** Its values are gone: they were written, or somebody in them was erased. */
  readonly isEmpty: boolean;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

export interface FoundRegistration extends RegistrationView {
  readonly steps: readonly StepView[];
  /** Of one that failed, as far as it is kept: what was asked for. */
  readonly given: string | null;
}

const VIEW = `id, portal_id::float8 AS "portalId", state, notes, problems, given IS NULL AS "isEmpty",
  created_at AS "createdAt", ended_at AS "endedAt"`;

export async function findRegistration(
  pool: Pool,
  workspaceId: string,
  id: string,
): Promise<FoundRegistration | undefined> {
  const db = forWorkspace(pool, workspaceId);
  const { rows } = await db.query<RegistrationView & Pick<FoundRegistration, 'given'>>({
    name: 'registration.find',
    text: `SELECT ${VIEW}, CASE WHEN state = 'failed' THEN given END AS given FROM registrations WHERE workspace_id = $1 AND id = $2`,
    values: [workspaceId, id],
  });
  return rows[0] && { ...rows[0], steps: await readSteps(db, workspaceId, id) };
}

/** The newest first. */
export async function listRegistrations(
  db: Queryable,
  workspaceId: string,
  page: {
    readonly portalId?: number | undefined;
    readonly state?: RegistrationState | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<(RegistrationView & { readonly steps: readonly StepView[] })[]> {
  const { rows } = await db.query<RegistrationView>(
    `SELECT ${VIEW} FROM registrations
      WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2) AND ($3::text IS NULL OR state = $3)
        AND ($4::bigint IS NULL OR id < $4) ORDER BY id DESC LIMIT $5`,
    [workspaceId, page.portalId ?? null, page.state ?? null, page.after ?? null, page.limit],
  );
  const steps = await db.query<StepView & { registrationId: string }>(
    `SELECT registration_id::text AS "registrationId", ${STEP} FROM registration_steps
      WHERE workspace_id = $1 AND registration_id = ANY ($2::bigint[]) ORDER BY registration_id, n`,
    [workspaceId, rows.map(({ id }) => id)],
  );
  const stepsOf = groupedBy(steps.rows, ({ registrationId }) => registrationId);
  return rows.map((one) => ({ ...one, steps: stepsOf.get(one.id) ?? [] }));
}

const STEP = `n, step, state, tries, doubts, record_ids::text[] AS "recordIds", made, failures, resolved_at AS "resolvedAt"`;

/** In the order in which they are done. */
export async function readSteps(db: Queryable, workspaceId: string, id: string): Promise<StepView[]> {
  const { rows } = await db.query<StepView>({
    name: 'registration.steps',
    text: `SELECT ${STEP}
             FROM registration_steps WHERE workspace_id = $1 AND registration_id = $2 ORDER BY n`,
    values: [workspaceId, id],
  });
  return rows;
}

/** Opens one that failed, so that what failed is tried again. False: it did not fail, or its values are gone. */
export async function resumeRegistration(
  client: Queryable,
  { workspaceId, registrationId }: Omit<RegistrationRef, 'portalId'>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE registrations SET state = 'open', ended_at = NULL, resumed_at = clock_timestamp(),
            due_at = clock_timestamp() + interval '30 seconds'
      WHERE workspace_id = $1 AND id = $2 AND state = 'failed' AND given IS NOT NULL`,
    [workspaceId, registrationId],
  );
  if (rowCount !== 1) return false;
  await client.query(
    `UPDATE registration_steps SET state = 'intended', fence = fence + 1, tries = 0, failures = NULL,
            started_at = clock_timestamp(), resolved_at = NULL
      WHERE workspace_id = $1 AND registration_id = $2 AND (state <> 'done' OR step = ANY ($3))`,
    // What is written now is to be associated as well.
    [workspaceId, registrationId, Object.keys(LINKS)],
  );
  return true;
}

/** Over all workspaces: open ones whose workflow may be missing. */
export async function registrationsDue(db: Queryable, most: number): Promise<RegistrationRef[]> {
  const { rows } = await db.query<RegistrationRef>(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", id::text AS "registrationId"
       FROM registrations_due($1)`,
    [most],
  );
  return rows;
}
