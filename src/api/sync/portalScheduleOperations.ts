import { z } from 'zod';
import {
  deletePortalSchedule,
  findPortalSchedule,
  listPortalSchedules,
  setPortalSchedule,
} from '../../db/sync/portalSchedules.js';
import { forWorkspace } from '../../db/tenant.js';
import {
  calendarProblem,
  LONGEST_INTERVAL_MS,
  SHORTEST_INTERVAL_MS,
  type PortalTimes,
} from '../../domain/sync/portalSchedule.js';
import { isTimeZone } from '../../hubspot/gateway/accountInfo.js';
import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { invalidInput, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import type { SyncDependencies } from './changeMirror.js';
import { refusePortal } from './refusePortal.js';

const MOST_CHARACTERS = 100;

const interval = z.number().int().min(SHORTEST_INTERVAL_MS).max(LONGEST_INTERVAL_MS);
const calendar = z
  .string()
  .max(MOST_CHARACTERS)
  .superRefine((text, context) => {
    const problem = calendarProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({
    description:
      'Five fields as cron has them, in numbers: minute, hour, day of the month, month, day of the week (0 is Sunday)',
    example: '0 2 * * 1-5',
  });
const timeZone = z
  .string()
  .max(MOST_CHARACTERS)
  .refine(isTimeZone, 'must be the name of a time zone, such as Europe/Berlin')
  .meta({ example: 'Europe/Berlin' });

const scheduleSchema = z
  .strictObject({
    portalId,
    intervalMs: z.number().int().nullable(),
    calendar: z.string().nullable(),
    timeZone: z.string().nullable(),
    applied: z.boolean().meta({
      description:
        'It is at Temporal as it stands here. Before that, and while nothing of the portal can be read, it is not',
    }),
    nextAt: time.nullable().meta({ description: 'When the portal is read next' }),
    failure: z.string().nullable().meta({ description: 'Why it does not run' }),
    changedAt: time,
  })
  .meta({ id: 'PortalSchedule' });
const EXAMPLE = {
  ...{ portalId: 41_000_009, intervalMs: null, calendar: '0 2 * * 1-5', timeZone: 'Europe/Berlin' },
  ...{ applied: true, nextAt: '2027-01-04T01:00:00.000Z', failure: null },
  changedAt: '2027-01-01T09:00:00.000Z',
};

const the = { tag: 'Records', scopes: ['crm'], resource: 'portal schedule' } as const;
const ofOne = { params: z.strictObject({ portalId: portalIdSchema }) };
const exampleParams = { portalId: '41000009' };
const answersOne = { 200: { description: 'The Schedule', body: scheduleSchema, example: EXAMPLE } };

type Dependencies = SyncDependencies & { readonly config: Pick<Config, 'SYNC_PORTAL_SCHEDULES'> };

/** Portals that are read at times of their own, and not each minute. */
export const PORTAL_SCHEDULE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listPortalSchedules',
    method: 'get',
    path: '/api/sync-schedules',
    summary: 'List portals that have a Schedule of their own',
    input: { query: z.strictObject(pageQuery(portalIdSchema)) },
    answers: {
      200: {
        description: 'A page of Schedules, by portal',
        body: pageOf(scheduleSchema).meta({ id: 'PortalSchedulePage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const page = await readPage(
        limit,
        (most) => listPortalSchedules(forWorkspace(pool, workspaceId), workspaceId, { after, limit: most }),
        (last) => String(last.portalId),
      );
      return { status: 200, body: page };
    },
  }),

  defineOperation({
    ...the,
    id: 'showPortalSchedule',
    method: 'get',
    path: '/api/sync-schedules/{portalId}',
    summary: 'Show the Schedule of a portal',
    input: ofOne,
    answers: answersOne,
    errors: ['not_found'],
    exampleParams,
    async run({ pool }: Dependencies, { workspaceId }, { params }) {
      const portal = { workspaceId, ...params };
      const found = await findPortalSchedule(forWorkspace(pool, workspaceId), portal);
      if (found) return { status: 200, body: found };
      await refuseUnknownPortal(pool, workspaceId, [], portal.portalId);
      throw noneOf(portal.portalId);
    },
  }),

  defineOperation({
    ...the,
    id: 'setPortalSchedule',
    method: 'put',
    path: '/api/sync-schedules/{portalId}',
    summary: 'Read a portal at times of its own',
    description:
      'Its types are looked at by a Schedule of Temporal, `sluice-sync-portal-<portal>`, and no longer each minute: every `intervalMs`, or by a `calendar` of a `timeZone`. First loads, resyncs, passes and what failed go on as always.',
    input: {
      ...ofOne,
      body: z
        .strictObject({
          intervalMs: interval.optional(),
          calendar: calendar.optional(),
          timeZone: timeZone.optional(),
        })
        .meta({ id: 'PortalScheduleChange' }),
    },
    answers: answersOne,
    errors: ['not_found', 'conflict'],
    exampleParams,
    example: { body: { calendar: '0 2 * * 1-5', timeZone: 'Europe/Berlin' } },
    async run(deps: Dependencies, caller, { params, body }) {
      const times = timesOf(body);
      const portal = { workspaceId: caller.workspaceId, ...params };
      const most = deps.config.SYNC_PORTAL_SCHEDULES;
      const set = await inAuditedTransaction(deps, caller, async (client, note) => {
        await refusePortal(client, portal.portalId);
        if (!(await setPortalSchedule(client, portal, times, most)))
          throw new AppError(
            'conflict',
            `At most ${most} portals have a Schedule of their own here (SYNC_PORTAL_SCHEDULES): the others are looked at each minute`,
          );
        note('sync.schedule', { ...params, ...times });
        return findPortalSchedule(client, portal);
      });
      if (!set) throw noneOf(portal.portalId);
      return { status: 200, body: set };
    },
  }),

  defineOperation({
    ...the,
    id: 'deletePortalSchedule',
    method: 'delete',
    path: '/api/sync-schedules/{portalId}',
    summary: 'Look at a portal each minute again',
    input: ofOne,
    answers: { 204: { description: 'It has no Schedule of its own any more' } },
    errors: ['not_found'],
    exampleParams,
    async run(deps: Dependencies, caller, { params }) {
      const portal = { workspaceId: caller.workspaceId, ...params };
      const wasThere = await inAuditedTransaction(deps, caller, async (client, note) => {
        const found = await deletePortalSchedule(client, portal);
        if (found) note('sync.schedule', { ...params, intervalMs: null, calendar: null, timeZone: null });
        return found;
      });
      if (wasThere) return { status: 204 };
      await refuseUnknownPortal(deps.pool, caller.workspaceId, [], portal.portalId);
      throw noneOf(portal.portalId);
    },
  }),
] as const;

/** Either the one or the other. */
function timesOf({
  intervalMs,
  calendar: by,
  timeZone: zone,
}: {
  readonly intervalMs?: number | undefined;
  readonly calendar?: string | undefined;
  readonly timeZone?: string | undefined;
}): PortalTimes {
  if (intervalMs !== undefined && by === undefined && zone === undefined)
    return { intervalMs, calendar: null, timeZone: null };
  if (intervalMs === undefined && by !== undefined && zone !== undefined)
    return { intervalMs: null, calendar: by, timeZone: zone };
  throw invalidInput([
    { path: 'intervalMs', message: 'a Schedule has an interval, or a calendar and its time zone' },
  ]);
}

const noneOf = (portal: number) =>
  new AppError('not_found', `Portal ${portal} has no Schedule of its own: it is looked at each minute`);
