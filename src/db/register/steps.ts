import type pg from 'pg';
import { STEPS, type RegistrationState, type Step, type StepState } from '../../domain/register/steps.js';
import type { Pool, Queryable } from '../pool.js';
import { writeResults, type ShownRecord } from '../sync/results.js';
import { inWorkspace } from '../tenant.js';
import { inWorkspaceWith, withTombstoneKey, type TombstoneKeys } from '../tombstoneKey.js';
import { readSteps, type RegistrationRef, type StepView } from './registrations.js';

/** A step in hand. */
export interface StepInHand {
  readonly fence: number;
  readonly tries: number;
  /** For so long it has been tried. */
  readonly triedMs: number;
  /** Of the hashes of the request and of its body, as much as tells it from any other, whatever its number. */
  readonly request: string;
  readonly given: string;
  readonly plan: string | null;
  readonly recordIds: readonly (string | null)[];
  readonly made: readonly boolean[];
  /** Since when it is not known whether the create of a row took effect, by row. */
  readonly sentMsAgo: readonly (number | null)[];
  readonly nowMs: number;
  /** Those before it. */
  readonly before: readonly StepView[];
}

const numberOf = (step: Step) => STEPS.indexOf(step);

/**
 * Takes a step in hand, which notes that it is about to be sent. `over`: the registration has ended; `done`: the step
 * has.
 */
export function takeInHand(
  pool: Pool,
  { workspaceId, registrationId }: RegistrationRef,
  step: Step,
  objectType: string | null,
): Promise<StepInHand | 'over' | 'done'> {
  return inWorkspace(pool, workspaceId, async (client) => {
    const { rows } = await client.query<{
      state: RegistrationState;
      given: string | null;
      plan: string | null;
      request: string;
    }>({
      name: 'registration.lock',
      text: `UPDATE registrations SET due_at = clock_timestamp() + interval '2 minutes'
              WHERE workspace_id = $1 AND id = $2 AND state = 'open' RETURNING given, plan,
                encode(substr(request_hash, 1, 12), 'hex') || '-' || encode(substr(body_hash, 1, 6), 'hex') AS request`,
      values: [workspaceId, registrationId],
    });
    const [registration] = rows;
    if (!registration || registration.given === null) return 'over';
    const taken = await client.query<Omit<StepInHand, 'request' | 'given' | 'plan' | 'before'>>({
      name: 'registration.take_step',
      text: `INSERT INTO registration_steps AS s (workspace_id, registration_id, n, step, object_type, state)
             VALUES ($1, $2, $3, $4, $5, 'intended')
             ON CONFLICT (workspace_id, registration_id, n) DO UPDATE
                SET fence = s.fence + 1, tries = s.tries + 1,
                    -- A process that died has left it so.
                    doubts = s.doubts + CASE s.state WHEN 'intended' THEN cardinality(array_remove(s.sent_at, NULL)) ELSE 0 END,
                    state = CASE WHEN cardinality(array_remove(s.sent_at, NULL)) > 0 THEN 'ambiguous' ELSE s.state END
              WHERE s.state IN ('intended', 'ambiguous')
             RETURNING fence, tries, record_ids::text[] AS "recordIds", made,
               (extract(epoch FROM clock_timestamp() - started_at) * 1000)::float8 AS "triedMs",
               ARRAY(SELECT (extract(epoch FROM clock_timestamp() - u) * 1000)::float8 FROM unnest(sent_at) WITH ORDINALITY AS a (u, o) ORDER BY o) AS "sentMsAgo",
               (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"`,
      values: [workspaceId, registrationId, numberOf(step), step, objectType],
    });
    if (!taken.rows[0]) return 'done';
    const steps = await readSteps(client, workspaceId, registrationId);
    const { given, plan, request } = registration;
    const before = steps.filter(({ n }) => n < numberOf(step));
    return { ...taken.rows[0], given, plan, request, before };
  });
}

/** What a step came to; its lists have an entry for each row. */
export interface StepResult {
  readonly state: StepState;
  readonly recordIds: readonly (string | null)[];
  /** HubSpot said that it made the record; undefined: as before. */
  readonly made?: readonly boolean[];
  /** Of it a create was sent, and what became of that is not known. */
  readonly isUnsure: readonly boolean[];
  /** It is about to be sent. */
  readonly sending?: readonly boolean[];
  /** How many answers have left that open. */
  readonly doubts?: number;
  /** JSON. */
  readonly failures: string | null;
  /** What a checked registration is, as HubSpot gets it, and how its words were understood: JSON. */
  readonly plan?: { readonly plan: string; readonly notes: string };
  /** Records that HubSpot's answers have shown, of one type: they enter the mirror. */
  readonly shown?: {
    readonly objectType: string;
    readonly records: readonly ShownRecord[];
    /** By the database's clock. */
    readonly readAt: Date;
    readonly tombstones: Pick<TombstoneKeys, 'of'>;
  };
  /** It ends the registration, too. */
  readonly ends?: { readonly state: 'failed' | 'refused'; readonly problems?: string };
}

/**
 * Books what a try of a step came to, unless another try has taken it in hand since: in one
 * transaction with what follows from it.
 */
export function bookStep(
  pool: Pool,
  ref: RegistrationRef,
  step: Step,
  fence: number,
  { state, recordIds, made, isUnsure, sending = [], doubts = 0, failures, plan, shown, ends }: StepResult,
): Promise<boolean> {
  const { workspaceId, portalId, registrationId } = ref;
  const object = { workspaceId, portalId, objectType: shown?.objectType ?? '' };
  return withTombstoneKey(shown?.tombstones, object, (key) => inWorkspaceWith(pool, workspaceId, key, book));

  async function book(client: pg.PoolClient): Promise<boolean> {
    // In the order of all who lock several of them: the mirror of the type, the registration, its step.
    if (shown) await writeResults(client, object, shown.records, shown.readAt);
    if (plan || ends)
      await client.query({
        name: 'registration.lock_first',
        text: 'SELECT FROM registrations WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE',
        values: [workspaceId, registrationId],
      });
    const { rowCount } = await client.query({
      name: 'registration.book_step',
      text: `UPDATE registration_steps s
                SET state = $5, record_ids = $6, made = coalesce($11, s.made), failures = $8,
                    sent_at = ARRAY(SELECT CASE WHEN u.sending OR u.unsure AND s.sent_at[u.n] IS NULL THEN clock_timestamp() WHEN u.unsure THEN s.sent_at[u.n] END
                                      FROM unnest($7::boolean[], $10::boolean[]) WITH ORDINALITY AS u (unsure, sending, n) ORDER BY u.n),
                    doubts = s.doubts + $9,
                    resolved_at = CASE WHEN $5 IN ('done', 'failed') THEN clock_timestamp() END
              WHERE workspace_id = $1 AND registration_id = $2 AND n = $3 AND fence = $4`,
      values: [
        workspaceId,
        registrationId,
        numberOf(step),
        fence,
        state,
        recordIds,
        isUnsure,
        failures,
        doubts,
        sending,
        made ?? null,
      ],
    });
    if (rowCount !== 1) return false;
    if (plan)
      await client.query({
        name: 'registration.plan',
        text: 'UPDATE registrations SET plan = $3, notes = $4 WHERE workspace_id = $1 AND id = $2',
        values: [workspaceId, registrationId, plan.plan, plan.notes],
      });
    if (ends) await endRegistration(client, ref, ends.state, ends.problems);
    return true;
  }
}

/**
 * Ends an open one; false: it had ended. Values that nobody needs any more are removed: those of one that failed are
 * for its resume.
 */
export async function endRegistration(
  client: Queryable,
  { workspaceId, registrationId }: RegistrationRef,
  state: Exclude<RegistrationState, 'open'>,
  problems: string | null = null,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'registration.end',
    text: `UPDATE registrations
              SET state = $3, problems = $4, ended_at = clock_timestamp(),
                  given = CASE WHEN $3 = 'failed' THEN given END, plan = CASE WHEN $3 = 'failed' THEN plan END
            WHERE workspace_id = $1 AND id = $2 AND state = 'open'`,
    values: [workspaceId, registrationId, state, problems],
  });
  return rowCount === 1;
}
