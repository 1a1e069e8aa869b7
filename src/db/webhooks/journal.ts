import type { MirroredType } from '../../domain/webhooks/journalPlan.js';
import type { Pool, Queryable } from '../pool.js';

/*
 * How far HubSpot's webhooks journal is read: one row, which is the app's and no tenant's. Whoever reads the journal
 * has it under a fence, for a while that each word of it prolongs.
 */

export const JOURNAL_LEASE_MS = 30_000;

/** Taken in hand. */
export interface JournalClaim {
  readonly fence: number;
  /** What is behind it is read next. Null: from the first that there is. */
  readonly offset: string | null;
  /** How often in a row it could not be read. */
  readonly failures: number;
  /** How often the file that is next could not be read. */
  readonly fileTries: number;
  /** Another process had it before. */
  readonly takenOver: boolean;
}

/** Undefined: somebody else has it. */
export async function claimJournal(pool: Pool, owner: string): Promise<JournalClaim | undefined> {
  const { rows } = await pool.query<JournalClaim>(
    `SELECT fence, journal_offset AS "offset", failures, file_tries AS "fileTries", taken_over AS "takenOver" FROM journal_claim($1, $2)`,
    [owner, JOURNAL_LEASE_MS],
  );
  return rows[0];
}

/** Nothing follows. False: it is another's by now. */
export async function journalAtEnd(pool: Pool, fence: number): Promise<boolean> {
  const { rows } = await pool.query<{ ours: boolean }>('SELECT journal_at_end($1, $2) AS ours', [
    fence,
    JOURNAL_LEASE_MS,
  ]);
  return rows[0]?.ours ?? false;
}

/** In the transaction that stores a file's events, before them. False: it is another's by now. */
export async function moveJournalOn(
  client: Queryable,
  { fence, offset }: Pick<JournalClaim, 'fence' | 'offset'>,
  to: {
    readonly offset: string;
    readonly publishedAtMs: number | null;
    readonly events: number;
    readonly hasUpdates: boolean;
  },
): Promise<boolean> {
  const published = to.publishedAtMs === null ? null : new Date(to.publishedAtMs);
  const { rows } = await client.query<{ ours: boolean }>(
    'SELECT journal_move_on($1, $2, $3, $4, $5, $6, $7) AS ours',
    [fence, offset, to.offset, published, to.events, to.hasUpdates, JOURNAL_LEASE_MS],
  );
  return rows[0]?.ours ?? false;
}

/** HubSpot does not know the offset any more. Undefined: it is another's by now. */
export async function loseJournal(
  pool: Pool,
  { fence, offset }: { readonly fence: number; readonly offset: string },
): Promise<{ readonly lostFrom: Date | null; readonly losses: number } | undefined> {
  const { rows } = await pool.query<{ lostFrom: Date | null; losses: number }>(
    'SELECT lost_from AS "lostFrom", losses FROM journal_lose($1, $2)',
    [fence, offset],
  );
  return rows[0];
}

/** Passes over the file at `to`. Undefined: it is another's by now. */
export async function setFileAside(
  pool: Pool,
  { fence, offset }: Pick<JournalClaim, 'fence' | 'offset'>,
  to: string,
): Promise<{ readonly lostFrom: Date | null; readonly setAside: number } | undefined> {
  const { rows } = await pool.query<{ lostFrom: Date | null; setAside: number }>(
    'SELECT lost_from AS "lostFrom", set_aside AS "setAside" FROM journal_set_aside($1, $2, $3, $4)',
    [fence, offset, to, JOURNAL_LEASE_MS],
  );
  return rows[0];
}

/** Gives it back. */
export async function leaveJournal(
  pool: Pool,
  fence: number,
  failure?: { readonly code: string; readonly message: string; readonly isFile: boolean },
): Promise<void> {
  await pool.query('SELECT journal_leave($1, $2, $3, $4)', [
    fence,
    failure?.code.slice(0, 100) ?? null,
    failure?.message.slice(0, 500) ?? null,
    failure?.isFile ?? false,
  ]);
}

/** What is mirrored of all workspaces, the longest told of first. */
export async function journalWanted(pool: Pool, most: number): Promise<MirroredType[]> {
  const { rows } = await pool.query<MirroredType>(
    'SELECT portal_id::float8 AS "portalId", object_type AS "objectType" FROM journal_wanted($1)',
    [most],
  );
  return rows;
}

/** Notes of which types HubSpot tells now. Resolves to how many that has changed. */
export async function journalPlanned(
  pool: Pool,
  told: readonly MirroredType[],
  { polled, others, refused }: { polled: number; others: number; refused: string | null },
): Promise<number> {
  const { rows } = await pool.query<{ changed: number }>(
    'SELECT journal_planned($1, $2, $3, $4, $5) AS changed',
    [
      told.map(({ portalId }) => portalId),
      told.map(({ objectType }) => objectType),
      ...[polled, others, refused],
    ],
  );
  return rows[0]?.changed ?? 0;
}

/** Types that the journal told of are searched by themselves again, where it stands still or was lost. */
export async function distrustJournal(pool: Pool, most: number): Promise<number> {
  const { rows } = await pool.query<{ did: number }>('SELECT journal_distrust($1) AS did', [most]);
  return rows[0]?.did ?? 0;
}

export interface JournalStanding {
  readonly offset: string | null;
  readonly readUntil: Date | null;
  readonly askedAt: Date | null;
  readonly fileAt: Date | null;
  readonly files: number;
  readonly events: number;
  readonly failures: number;
  readonly errorCode: string | null;
  readonly lastError: string | null;
  readonly losses: number;
  readonly setAside: number;
  readonly lostAt: Date | null;
  readonly lostFrom: Date | null;
  readonly updatesSeenAt: Date | null;
  readonly plannedAt: Date | null;
  readonly told: number;
  readonly polled: number;
  readonly others: number;
  readonly refused: string | null;
  /** It stands in for searches. */
  readonly tells: boolean;
  readonly behindSeconds: number | null;
  readonly silentSeconds: number | null;
}

/** Undefined: it was never read. */
export async function journalStanding(db: Queryable): Promise<JournalStanding | undefined> {
  const { rows } = await db.query<JournalStanding>(
    `SELECT journal_offset AS "offset", read_until AS "readUntil", asked_at AS "askedAt", file_at AS "fileAt", files, events, failures,
            error_code AS "errorCode", last_error AS "lastError", losses, set_aside AS "setAside", lost_at AS "lostAt", lost_from AS "lostFrom",
            updates_seen_at AS "updatesSeenAt", planned_at AS "plannedAt", told, polled, others, refused, tells,
            behind_seconds AS "behindSeconds", silent_seconds AS "silentSeconds"
       FROM journal_view()`,
  );
  return rows[0];
}
