import type { Command } from 'commander';
import { readAll, type Answers } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { moment, sheet } from '../output.js';
import { selectionOf } from '../selectionOptions.js';

interface Json {
  readonly json?: boolean;
}

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or a custom object by its id, name or label';
const NAMES = 'names of properties, with commas between';

const PATH = '/api/sync/{portalId}/{objectType}/selection';

/** Which properties records have, and which of them the mirror keeps. */
export function addProperties(records: Command, context: Context): void {
  lister(records, {
    name: 'properties',
    description: 'list the properties of a mirrored type, as HubSpot defines them',
    example: 'properties 62515 contacts',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .option('--versions', 'each version that was seen of each')
    .option('--limit <n>', 'at most so many', count, 500)
    .option('--after <place>', 'go on where another list ended')
    .action(
      async (
        portalId: string,
        objectType: string,
        { versions, limit, after, json }: Json & { versions?: boolean; limit: number; after?: string },
      ) => {
        const query = { after, ...(versions && { versions: 'true' }) };
        const path = { portalId, objectType };
        const page = await readAll(
          context.api(),
          '/api/sync/{portalId}/{objectType}/properties',
          query,
          limit,
          200,
          path,
        );
        show(context, json, page, () =>
          context.table(
            ['name', 'version', 'label', 'type', 'calculated', 'kept', 'archived', 'since'],
            page.items.map((one) => [
              ...[one.name, one.version, one.label, `${one.type}/${one.fieldType}`],
              ...[one.calculated, one.kept, one.archived, moment(one.firstSeenAt)],
            ]),
          ),
        );
        if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
      },
    );

  verb(records, {
    name: 'kept',
    description: 'show which properties of a type the mirror keeps',
    example: 'kept 62515 contacts',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .action(async (portalId: string, objectType: string, { json }: Json) => {
      const found = await context.api().get(PATH, { params: { path: { portalId, objectType } } });
      show(context, json, found, () => describe(found));
    });

  verb(records, {
    name: 'keep',
    description: 'choose which properties of a type the mirror keeps: all, unless told',
    example: 'keep 62515 contacts --include email,lifecyclestage',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .option('--include <names>', `these alone: ${NAMES}`)
    .option('--exclude <names>', `all but these: ${NAMES}`)
    .action(
      async (
        portalId: string,
        objectType: string,
        { include, exclude, json }: Json & { include?: string; exclude?: string },
      ) => {
        const body = selectionOf(include, exclude);
        const changed = await context.api().put(PATH, { params: { path: { portalId, objectType } }, body });
        show(context, json, changed, () => describe(changed));
      },
    );
}

function describe(one: Answers['PropertySelection']): string {
  return sheet([
    ['portal', String(one.portalId)],
    ['type', one.objectType],
    ['keeps', one.mode === 'all' ? 'all' : `${one.mode} ${one.names.join(', ')}`],
    ['properties', one.kept],
    ['not in the portal', one.unknown.length > 0 ? one.unknown.join(', ') : undefined],
    ['to be filled', one.filling],
    ['to be taken out', one.dropping],
    ['definitions read', moment(one.definitionsReadAt)],
    ['calculated', one.calculated],
    ['calculated read', moment(one.calculatedAt)],
  ]);
}
