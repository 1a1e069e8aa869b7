import type { Command } from 'commander';
import { readAll, type Answers } from '../api.js';
import { id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { moment } from '../output.js';

interface Json {
  readonly json?: boolean;
}
type Pass = Answers['SyncPass'];

/** More than there are. */
const ALL = 100;

/** What reads a mirrored type beside its load and its follow. */
export function addPasses(sync: Command, context: Context): void {
  const table = (passes: readonly Pass[]) =>
    context.table(
      ['pass', 'running', 'ended', 'seen', 'changed', 'found', 'next', 'because'],
      passes.map((one) => [
        ...[one.pass, one.running, moment(one.endedAt), one.seen, one.changed],
        ...[foundIn(one), moment(one.dueAt), one.failure?.message ?? ''],
      ]),
    );

  const runNow = async (portalId: string, objectType: string, pass: Pass['pass'], json?: boolean) => {
    const due = await context.api().post('/api/sync/{portalId}/{objectType}/passes/{pass}/run', {
      params: { path: { portalId, objectType, pass } },
    });
    show(context, json, due, () => table([due]));
  };

  lister(sync, {
    name: 'passes',
    description: 'list what is read of a type beside its changes, and when again',
    example: 'passes 62515 contacts',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument(
      '<objectType>',
      'contacts, companies, deals, tickets, or a custom object by its id, name or label',
    )
    .action(async (portalId: string, objectType: string, { json }: Json) => {
      const path = { portalId, objectType };
      const page = await readAll(
        context.api(),
        '/api/sync/{portalId}/{objectType}/passes',
        {},
        ALL,
        ALL,
        path,
      );
      show(context, json, page, () => table(page.items));
    });

  verb(sync, {
    name: 'audit',
    description:
      'compare the mirror with all that HubSpot lists, and repair it; `sync passes` shows what it found',
    example: 'audit 62515 contacts',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument(
      '<objectType>',
      'contacts, companies, deals, tickets, or a custom object by its id, name or label',
    )
    .action((portalId: string, objectType: string, { json }: Json) =>
      runNow(portalId, objectType, 'audit', json),
    );

  verb(sync, {
    name: 'run',
    description: 'begin a round of a pass now; one that is under way goes on',
    example: 'run 62515 contacts settled',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument(
      '<objectType>',
      'contacts, companies, deals, tickets, or a custom object by its id, name or label',
    )
    .argument('<pass>', 'its name, as `sync passes` lists it')
    .action((portalId: string, objectType: string, pass: Pass['pass'], { json }: Json) =>
      runNow(portalId, objectType, pass, json),
    );
}

const foundIn = ({ found }: Pass): string =>
  Object.entries(found)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
