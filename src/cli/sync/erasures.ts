import type { Command } from 'commander';
import { readAll } from '../api.js';
import { id, portals } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { moment } from '../output.js';

interface ListOptions {
  readonly portal?: string;
  readonly json?: boolean;
}

/** Contacts that are gone, and of which a lost part of the webhooks journal may have told that they were erased. */
export function addErasures(sync: Command, context: Context): void {
  lister(sync, {
    name: 'erasures',
    description: 'list the contacts that HubSpot may have erased for a person while nobody could hear of it',
    example: 'erasures --portal 62515',
  })
    .option('--portal <portalId>', 'only those of one portal, or of several: 62515,62516', portals)
    .action(async ({ portal, json }: ListOptions) => {
      const { items } = await readAll(context.api(), '/api/sync', { portalIds: portal }, Infinity, 200);
      const unsure = items.filter((one) => one.erasuresUnsure.count > 0);
      show(context, json, { items: unsure, next: null }, () =>
        context.table(
          ['portal', 'type', 'in doubt', 'since', 'first of them'],
          unsure.map(({ portalId, objectType, erasuresUnsure: { count, since, records } }) => [
            ...[String(portalId), objectType, count, moment(since), records.join(' ')],
          ]),
        ),
      );
    });

  destructive(
    verb(sync, {
      name: 'settle-erasures',
      description:
        'those that were erased for a person are erased here, and the others were deleted: none is in doubt',
      example: 'settle-erasures 62515 contacts',
    }),
  )
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', 'contacts')
    .action(async (portalId: string, objectType: string, options: Meant) => {
      const ofOne = { params: { path: { portalId, objectType } } };
      const look = async () => {
        const { erasuresUnsure } = await context.api().get('/api/sync/{portalId}/{objectType}', ofOne);
        return touching(
          `Leaves as deletes, with their values, ${objectType} of portal ${portalId}`,
          erasuresUnsure.records,
          erasuresUnsure.count,
        );
      };
      if (!(await isMeant(context, options, look))) return;
      const body = { action: 'settle_erasures' as const };
      const changed = await context.api().post('/api/sync/{portalId}/{objectType}', { ...ofOne, body });
      show(context, options.json, changed, () => 'Settled: no erasure is in doubt there');
    });
}
