import type { Command } from 'commander';
import { readAll, type Answers } from '../api.js';
import { count, id, portals, recordIds } from '../arguments.js';
import { lister, show, tabled, verb, type Context } from '../context.js';
import { addDeletes } from './deletes.js';
import { addErasures } from './erasures.js';
import { estimated } from './estimate.js';
import { explained } from './explain.js';
import { CliError } from '../errors.js';
import { counted, moment, sheet } from '../output.js';
import { selectionOf } from '../selectionOptions.js';
import { bar, shareOf, waitFor } from './progress.js';
import { addPasses } from './passes.js';
import { addTypes } from './types.js';
import { addSchedules } from './schedules.js';

interface Json {
  readonly json?: boolean;
}
type Sync = Answers['Sync'];
type Change = Answers['SyncChange'];
interface Waiting extends Json {
  readonly wait?: boolean;
}
interface StartOptions extends Waiting {
  readonly associations?: string;
  readonly dryRun?: boolean;
  readonly include?: string;
  readonly exclude?: string;
}
interface ResyncOptions extends Waiting {
  readonly all?: true;
  readonly since?: string;
  readonly ids?: string[];
  readonly cancel?: boolean;
}
interface ListOptions extends Json {
  readonly portal?: string;
  readonly limit: number;
  readonly after?: string;
}

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or a custom object by its id, name or label';

export function addSync(sync: Command, context: Context): void {
  addTypes(sync, context);
  addPasses(sync, context);
  addDeletes(sync, context);
  addErasures(sync, context);
  addSchedules(sync, context);
  const change = async (
    portalId: string,
    objectType: string,
    body: Change,
    { json, wait }: Waiting,
    isOver: (one: Sync) => boolean = () => true,
  ): Promise<void> => {
    const path = { portalId, objectType };
    const answered = await context
      .api()
      .post('/api/sync/{portalId}/{objectType}', { params: { path }, body });
    if ('dryRun' in answered) return show(context, json, answered, () => estimated(answered));
    const changed = wait ? await waitFor(context, answered, isOver) : answered;
    if (wait && !isOver(changed)) context.fail();
    show(context, json, changed, () => describe(changed));
  };

  lister(sync, { name: 'list', description: 'list what is mirrored, and how it stands', example: 'list' })
    .option('--portal <portalId>', 'only that of one portal, or of several: 62515,62516', portals)
    .option('--limit <n>', 'at most so many', count, 500)
    .option('--after <place>', 'go on where another list ended')
    .action(async ({ portal, limit, after, json }: ListOptions) => {
      const page = await readAll(context.api(), '/api/sync', { portalIds: portal, after }, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['portal', 'type', 'state', 'reading', 'records', 'fresh until', 'next read', 'because'],
          page.items.map((one) => [
            ...[String(one.portalId), one.objectType, one.state, one.reading, one.records],
            ...[moment(one.freshUntil), moment(one.nextReadAt), because(one)],
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });

  lister(sync, {
    name: 'status',
    description: 'show how far the first load is, how old the mirror is, and what it has cost',
    example: 'status --watch',
  })
    .option('--portal <portalId>', 'only that of one portal, or of several: 62515,62516', portals)
    .option('--limit <n>', 'at most so many', count, 500)
    .action(async ({ portal, limit, json }: ListOptions) => {
      const page = await readAll(context.api(), '/api/sync', { portalIds: portal }, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['portal', 'type', 'state', 'done', 'records', 'per s', 'ends', 'lag s', 'calls', 'failed', 'held'],
          page.items.map((one) => [
            ...[String(one.portalId), one.objectType, one.state, barOf(one), one.records],
            ...[one.progress?.perSecond ?? null, moment(one.progress?.endsAt), one.lagSeconds],
            ...[one.calls, one.failedRuns, one.heldDeletes],
          ]),
        ),
      );
      if (page.next !== null && !json) context.say('There are more: --limit');
    });

  verb(sync, {
    name: 'show',
    description: 'show how the mirror of a type stands',
    example: 'show 62515 contacts',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .action(async (portalId: string, objectType: string, { json }: Json) => {
      const path = { portalId, objectType };
      const found = await context.api().get('/api/sync/{portalId}/{objectType}', { params: { path } });
      show(context, json, found, () => describe(found));
    });

  tabled(sync, {
    name: 'explain',
    description: 'explain where the state of a record in the mirror came from',
    example: 'explain 62515 contacts 51',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<id>', "HubSpot's id of the record", id)
    .action(async (portalId: string, objectType: string, recordId: string, { json }: Json) => {
      const path = { portalId, objectType, recordId };
      const found = await context
        .api()
        .get('/api/sync/{portalId}/{objectType}/records/{recordId}', { params: { path } });
      show(context, json, found, () => explained(context, found));
    });

  verb(sync, {
    name: 'start',
    description: 'mirror the records of a type: all of them, then what changes',
    example: 'start 62515 contacts',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .option('--wait', 'until all of it was read once, and say how far it is')
    .option(
      '--associations <types>',
      'with records of these types alone: companies,deals, or none; all: of all that are mirrored',
    )
    .option('--include <names>', 'keep these properties alone: email,lifecyclestage')
    .option('--exclude <names>', 'keep all properties but these')
    .option('--dry-run', 'say what the first load would come to, and start nothing')
    .action((portalId: string, objectType: string, { include, exclude, ...rest }: StartOptions) => {
      const { associations, dryRun, ...options } = rest;
      const isChosen = include !== undefined || exclude !== undefined;
      const body: Change = {
        action: 'start',
        ...(dryRun && { dryRun }),
        ...(associations !== undefined && { associations: typesOf(associations) }),
        ...(isChosen && { properties: selectionOf(include, exclude) }),
      };
      return change(portalId, objectType, body, options, ({ state }) => state === 'following');
    });

  verb(sync, {
    name: 'pause',
    description: 'read nothing more of a type until it is resumed; the mirror stays as it is',
    example: 'pause 62515 contacts --reason "HubSpot is being cleaned up"',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .option('--reason <text>', 'for whoever looks')
    .action((portalId: string, objectType: string, { reason, ...json }: Json & { reason?: string }) =>
      change(portalId, objectType, { action: 'pause', ...(reason !== undefined && { reason }) }, json),
    );

  verb(sync, { name: 'resume', description: 'go on where it was paused', example: 'resume 62515 contacts' })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .action((portalId: string, objectType: string, json: Json) =>
      change(portalId, objectType, { action: 'resume' }, json),
    );

  verb(sync, {
    name: 'resync',
    description: 'read records again beside what changes; what the mirror has right stays as it is',
    example: 'resync 62515 contacts --since 2027-01-01T00:00:00Z --wait',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .option('--all', 'all records')
    .option('--since <time>', "what was modified since then, by HubSpot's clock")
    .option('--ids <ids>', 'these records, at most 1000: 51,52', recordIds)
    .option('--cancel', 'end the one that is under way')
    .option('--wait', 'until it is through, and say how far it is')
    .action(async (portalId: string, objectType: string, options: ResyncOptions) => {
      const { cancel, all, since, ids } = options;
      const said = [all, since, ids, cancel].filter((one) => one !== undefined);
      if (said.length !== 1) throw new CliError('Say one of --all, --since, --ids and --cancel', 2);
      const body: Change = cancel
        ? { action: 'cancel_resync' }
        : { action: 'resync', ...(all && { all }), ...(since && { since }), ...(ids && { ids }) };
      await change(portalId, objectType, body, options, ({ resync }) => resync?.endedAt != null);
    });
}

function barOf(one: Sync): string | null {
  const share = shareOf(one);
  return share === null ? null : bar(share);
}

const because = ({ waitsFor, pause, failure, reference }: Sync): string => {
  if (pause?.reason != null) return pause.reason;
  if (waitsFor) return `waits for the consumer ${waitsFor.consumer}`;
  if (failure) return failure.message;
  return reference.failure === null ? '' : `names that could not be read: ${reference.failure}`;
};

function asideOf({ setAside: { count, ended, records } }: Sync): string | undefined {
  if (count === 0) return undefined;
  const first = records.map(({ id, reason }) => `${id} (${reason})`).join('; ');
  return `${counted(count, 'record')}, ${ended} of them for good: ${first}`;
}

function unsureOf({ erasuresUnsure: { since, count, records } }: Sync): string | undefined {
  if (count === 0) return undefined;
  return `${counted(count, 'record')} since ${since}: ${records.join(', ')}${count > records.length ? ' …' : ''}`;
}

function describe(one: Sync): string {
  return sheet([
    ['portal', String(one.portalId)],
    ['type', one.objectType],
    ['state', one.reading ? `${one.state}, being read now` : one.state],
    ['records', one.records],
    ['started', moment(one.startedAt)],
    ['loaded', one.loadedAt === null ? `${one.loaded} so far` : moment(one.loadedAt)],
    ['done', barOf(one)],
    ['records a second', one.progress?.perSecond],
    ['ends', moment(one.progress?.endsAt)],
    ['fresh until', moment(one.freshUntil)],
    ['lag in seconds', one.lagSeconds],
    ['HubSpot calls', one.calls],
    ['runs that failed', one.failedRuns],
    ['held deletes', one.heldDeletes],
    ['set aside', asideOf(one)],
    ['erasures in doubt', unsureOf(one)],
    ['read again', againOf(one)],
    ['associations', one.associations.chosen?.join(', ') ?? 'with all that is mirrored'],
    ['associations read', moment(one.associations.readAt)],
    ['some missing since', moment(one.associations.behindSince)],
    ['associations refused', one.associations.refused.map(({ reason }) => reason).join('; ')],
    ['calculated values of', moment(one.calculatedAt)],
    ['names of owners …', moment(one.reference.readAt)],
    ['some not read', one.reference.failure],
    ['next read', moment(one.nextReadAt)],
    ['paused', moment(one.pause?.at)],
    ['failed in a row', one.failure?.inARow],
    ['because', because(one)],
  ]);
}

function typesOf(text: string): string[] | null {
  if (text === 'all') return null;
  return text === 'none' ? [] : text.split(',').map((type) => type.trim());
}

function againOf({ resync }: Sync): string | null {
  if (!resync) return null;
  const { what, since, askedAt, endedAt, read, changed, absent, refused } = resync;
  const words = what === 'since' ? `since ${since}` : what === 'ids' ? 'some by their ids' : 'all';
  const missing = absent === 0 ? '' : `, ${absent} not found`;
  const end = refused ?? (endedAt === null ? 'under way' : `through at ${endedAt}`);
  return `${words}, asked for at ${askedAt}: ${read} read, ${changed} changed${missing}; ${end}`;
}
