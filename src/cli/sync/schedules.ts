import type { Command } from 'commander';
import { readAll, type Answers } from '../api.js';
import { duration, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { CliError } from '../errors.js';
import { duration as inWords, moment, sheet } from '../output.js';

interface Json {
  readonly json?: boolean;
}
interface Times extends Json {
  readonly every?: number;
  readonly at?: string;
  readonly zone?: string;
}
type Schedule = Answers['PortalSchedule'];

const PORTAL = "HubSpot's number of the portal";

/** Portals that are read at times of their own, and not each minute. */
export function addSchedules(sync: Command, context: Context): void {
  const path = (portalId: string) => ({ params: { path: { portalId } } });

  lister(sync, {
    name: 'schedules',
    description: 'list portals that are read at times of their own, and not each minute',
    example: 'schedules',
  }).action(async ({ json }: Json) => {
    const page = await readAll(context.api(), '/api/sync-schedules', {}, Infinity, 200);
    show(context, json, page, () =>
      context.table(
        ['portal', 'times', 'applied', 'next', 'because'],
        page.items.map((one) => [
          ...[String(one.portalId), timesOf(one), one.applied, moment(one.nextAt), one.failure ?? ''],
        ]),
      ),
    );
  });

  verb(sync, {
    name: 'schedule',
    description: 'read a portal at times of its own, and not each minute; without times show which it has',
    example: 'schedule 62515 --at "0 2 * * 1-5" --zone Europe/Berlin',
  })
    .argument('<portalId>', PORTAL, id)
    .option('--every <time>', 'again and again: 15m, 6h', duration)
    .option('--at <calendar>', 'minute, hour, day of the month, month, day of the week, as cron has them')
    .option('--zone <name>', 'the time zone of the calendar', 'UTC')
    .action(async (portalId: string, { every, at, zone = 'UTC', json }: Times) => {
      if (every !== undefined && at !== undefined) throw new CliError('Say one of --every and --at', 2);
      const body =
        at !== undefined ? { calendar: at, timeZone: zone } : every !== undefined && { intervalMs: every };
      const one = body
        ? await context.api().put('/api/sync-schedules/{portalId}', { ...path(portalId), body })
        : await context.api().get('/api/sync-schedules/{portalId}', path(portalId));
      show(context, json, one, () => describe(one));
    });

  destructive(
    verb(sync, {
      name: 'unschedule',
      description: 'look at a portal each minute again',
      example: 'unschedule 62515',
    }),
  )
    .argument('<portalId>', PORTAL, id)
    .action(async (portalId: string, options: Meant) => {
      const look = async () => {
        const one = await context.api().get('/api/sync-schedules/{portalId}', path(portalId));
        return touching(`Removes the Schedule of portal ${portalId}: ${timesOf(one)}`, []);
      };
      if (!(await isMeant(context, options, look))) return;
      await context.api().delete('/api/sync-schedules/{portalId}', path(portalId));
      show(context, options.json, {}, () => `Portal ${portalId} is looked at each minute again`);
    });
}

const timesOf = ({ intervalMs, calendar, timeZone }: Schedule): string =>
  intervalMs === null ? `${calendar} (${timeZone})` : `every ${inWords(intervalMs)}`;

function describe(one: Schedule): string {
  return sheet([
    ['portal', String(one.portalId)],
    ['times', timesOf(one)],
    ['at Temporal', one.applied ? `sluice-sync-portal-${one.portalId}` : 'not yet'],
    ['next', moment(one.nextAt)],
    ['changed', moment(one.changedAt)],
    ['because', one.failure],
  ]);
}
