import type { Command } from 'commander';
import { readAll, type Answers } from '../api.js';
import { id, portals } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { counted } from '../output.js';

type Sync = Answers['Sync'];
interface ListOptions {
  readonly portal?: string;
  readonly json?: boolean;
}

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or the id of a custom object (2-…)';

/** Deletes at HubSpot that are too many in an hour: a person looks, and says what becomes of them. */
export function addDeletes(sync: Command, context: Context): void {
  const ofOne = (portalId: string, objectType: string) => ({ params: { path: { portalId, objectType } } });

  lister(sync, {
    name: 'deletes',
    description: 'list the types whose deletes at HubSpot are held, being too many in an hour',
    example: 'deletes --portal 62515',
  })
    .option('--portal <portalId>', 'only those of one portal, or of several: 62515,62516', portals)
    .action(async ({ portal, json }: ListOptions) => {
      const { items } = await readAll(context.api(), '/api/sync', { portalIds: portal }, Infinity, 200);
      const held = items.filter((one) => one.heldDeletes > 0);
      show(context, json, { items: held, next: null }, () =>
        context.table(
          ['portal', 'type', 'held deletes', 'of records'],
          held.map((one) => [String(one.portalId), one.objectType, one.heldDeletes, one.records]),
        ),
      );
    });

  const decide = async (
    [portalId, objectType]: readonly [string, string],
    action: 'release_deletes' | 'refuse_deletes',
    options: Meant,
    does: (one: Sync) => string,
    done: string,
  ) => {
    const look = async () => {
      const one = await context.api().get('/api/sync/{portalId}/{objectType}', ofOne(portalId, objectType));
      return touching(`${does(one)} of ${objectType} of portal ${portalId}`, []);
    };
    if (!(await isMeant(context, options, look))) return;
    const changed = await context
      .api()
      .post('/api/sync/{portalId}/{objectType}', { ...ofOne(portalId, objectType), body: { action } });
    show(context, options.json, changed, () => done);
  };

  destructive(
    verb(sync, {
      name: 'release-deletes',
      description: 'the held deletes were meant: the records leave the mirror, and the feed tells of each',
      example: 'release-deletes 62515 contacts',
    }),
  )
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .action((portalId: string, objectType: string, options: Meant) =>
      decide(
        [portalId, objectType],
        'release_deletes',
        options,
        ({ heldDeletes }) => `Takes out of the mirror, and tells of, ${counted(heldDeletes, 'held delete')}`,
        'Released: the round over the recycle bin that begins now takes them out, and tells of each',
      ),
    );

  destructive(
    verb(sync, {
      name: 'refuse-deletes',
      description: 'the held deletes were a mistake: the records stay in the mirror, and nobody is told',
      example: 'refuse-deletes 62515 contacts',
    }),
  )
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .action((portalId: string, objectType: string, options: Meant) =>
      decide(
        [portalId, objectType],
        'refuse_deletes',
        options,
        ({ heldDeletes }) => `Keeps in the mirror the records of ${counted(heldDeletes, 'held delete')}`,
        'Refused: the records stay in the mirror, though HubSpot has them in its recycle bin',
      ),
    );
}
