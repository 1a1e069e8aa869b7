import type { Command } from 'commander';
import { readAll, type Answers } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { moment, sheet } from '../output.js';

interface Json {
  readonly json?: boolean;
}
type Sync = Answers['Sync'];
interface ListOptions extends Json {
  readonly portal?: string;
  readonly limit: number;
  readonly after?: string;
}

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or the id of a custom object (2-…)';

export function addSync(sync: Command, context: Context): void {
  const change = async (
    portalId: string,
    objectType: string,
    body: { action: 'start' | 'pause' | 'resume'; reason?: string },
    { json }: Json,
  ): Promise<void> => {
    const path = { portalId, objectType };
    const changed = await context.api().post('/api/sync/{portalId}/{objectType}', { params: { path }, body });
    show(context, json, changed, () => describe(changed));
  };

  lister(sync, { name: 'list', description: 'list what is mirrored, and how it stands', example: 'list' })
    .option('--portal <portalId>', 'only that of one portal', id)
    .option('--limit <n>', 'at most so many', count, 500)
    .option('--after <place>', 'go on where another list ended')
    .action(async ({ portal, limit, after, json }: ListOptions) => {
      const page = await readAll(context.api(), '/api/sync', { portalId: portal, after }, limit, 200);
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

  verb(sync, {
    name: 'start',
    description: 'mirror the records of a type: all of them, then what changes',
    example: 'start 62515 contacts',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .action((portalId: string, objectType: string, json: Json) =>
      change(portalId, objectType, { action: 'start' }, json),
    );

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
}

const because = ({ pause, failure }: Sync): string => pause?.reason ?? failure?.message ?? '';

function describe(one: Sync): string {
  return sheet([
    ['portal', String(one.portalId)],
    ['type', one.objectType],
    ['state', one.reading ? `${one.state}, being read now` : one.state],
    ['records', one.records],
    ['started', moment(one.startedAt)],
    ['loaded', one.loadedAt === null ? `${one.loaded} so far` : moment(one.loadedAt)],
    ['fresh until', moment(one.freshUntil)],
    ['next read', moment(one.nextReadAt)],
    ['paused', moment(one.pause?.at)],
    ['failed in a row', one.failure?.inARow],
    ['because', because(one)],
  ]);
}
