import { z } from 'zod';
import { connectedPortals } from '../../db/portals/connectedPortals.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import { forWorkspace } from '../../db/tenant.js';
import { problemsOfSound, sameIds, type SoundRows } from '../../domain/register/checkRegistration.js';
import type { Problem } from '../../domain/register/definitions.js';
import { ContactSchema, DealSchema, MOST_ROWS, TicketSchema } from '../../domain/register/registration.js';
import { checkGiven, type CheckDependencies } from '../../services/register/checkGiven.js';
import { DefinitionsUnread } from '../../services/register/portalDefinitions.js';
import { withDeadline } from '../../platform/deadline.js';
import { portalIdSchema } from '../http/input.js';
import type { BodyAsSent } from '../http/operation.js';
import { associationsSchema } from './askedAssociations.js';

/** The answer is a refusal in any case. */
const MOST_MS = 5000;
const LATE = { class: 'transient', message: 'HubSpot takes its time' } as const;

const bodySchema = z.record(z.string(), z.unknown());
const namedSchema = z.object({ portalId: portalIdSchema });

/**
 * What is wrong with a body whose shape is wrong, beside that: rows of one id, and what the portal has against the rows
 * whose shape is right.
 */
export async function alsoWrong(
  deps: CheckDependencies,
  workspaceId: string,
  { query, body }: BodyAsSent,
): Promise<readonly Problem[]> {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return [];
  const same = (['deals', 'tickets'] as const).flatMap((list) => sameIds(list, rowsOf(parsed.data[list])));
  return [...same, ...(await refusedByPortal(deps, workspaceId, query, parsed.data))];
}

/** Nothing, where it is not known which portal is meant, or what that says cannot be read. */
async function refusedByPortal(
  deps: CheckDependencies,
  workspaceId: string,
  query: BodyAsSent['query'],
  body: Record<string, unknown>,
): Promise<readonly Problem[]> {
  const rows = soundRows(body);
  if (![rows.contact, ...rows.deals, ...rows.tickets, rows.associations].some((one) => one !== undefined))
    return [];
  const portalId = await portalOf(deps, workspaceId, [query, body]);
  if (portalId === undefined) return [];
  const checked = checkGiven(
    deps,
    { workspaceId, portalId },
    { ...(rows.associations && { associations: rows.associations }) },
    (definitions, rules) => ({ problems: problemsOfSound(rows, definitions, rules) }),
    ({ problems }) => problems.length > 0,
  );
  try {
    return (await withDeadline(checked, MOST_MS, () => new DefinitionsUnread(LATE))).problems;
  } catch (error) {
    if (error instanceof DefinitionsUnread) return [];
    throw error;
  }
}

function soundRows(body: Record<string, unknown>): SoundRows {
  const all = <T>(schema: z.ZodType<T>, rows: unknown): (T | undefined)[] =>
    rowsOf(rows).map((row) => schema.safeParse(row).data);
  return {
    contact: ContactSchema.safeParse(body['contact']).data,
    deals: all(DealSchema, body['deals']),
    tickets: all(TicketSchema, body['tickets']),
    associations: associationsSchema.safeParse(body['associations']).data,
  };
}

const rowsOf = (rows: unknown): readonly unknown[] =>
  Array.isArray(rows) && rows.length <= MOST_ROWS ? rows : [];

/** The one that is named, if it is theirs, or the only one that they have. */
async function portalOf(
  { pool }: CheckDependencies,
  workspaceId: string,
  places: readonly unknown[],
): Promise<number | undefined> {
  const db = forWorkspace(pool, workspaceId);
  const named = places
    .map((place) => namedSchema.safeParse(place).data?.portalId)
    .find((one) => one !== undefined);
  if (named !== undefined) return (await findPortalView(db, named)) && named;
  const [only, ...others] = await connectedPortals(db, 2);
  return others.length === 0 ? only : undefined;
}
