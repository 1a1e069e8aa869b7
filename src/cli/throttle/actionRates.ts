import type { Command } from 'commander';
import type { Rate } from '../../domain/throttle/rate.js';
import { readAll } from '../api.js';
import { count, id, inWords, rate as parseRate } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { counted, moment, sheet } from '../output.js';

interface Json {
  readonly json?: boolean;
}

export function addRates(rates: Command, context: Context): void {
  lister(rates, { name: 'list', description: 'list them', example: 'list --portal 62515' })
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--limit <n>', 'at most so many', count, 500)
    .action(async ({ portal, limit, json }: Json & { portal?: string; limit: number }) => {
      const api = context.api();
      const page = await readAll(api, '/api/config', { portal_id: portal }, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['portal', 'action', 'rate', 'since'],
          page.items.map((one) => [String(one.portal_id), one.action_id, one.rate, moment(one.updated_at)]),
        ),
      );
    });

  verb(rates, { name: 'set', description: 'set one; in force at once', example: 'set 62515 8 100/10s' })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<actionId>', "HubSpot's number of the action's definition")
    .argument('<rate>', 'e.g. 100/10s, 25/1d, 5/m', parseRate)
    .action(async (portalId: string, actionId: string, rate: Rate, { json }: Json) => {
      const body = { portal_id: portalId, action_id: actionId, ...inWords(rate) };
      const set = await context.api().post('/api/config', { body });
      show(
        context,
        json,
        set,
        () =>
          `${set.rate} for action ${set.action_id} of portal ${set.portal_id}; ${counted(set.lanes_changed, 'lane')} changed`,
      );
    });

  verb(rates, { name: 'show', description: 'show one', example: 'show 62515 8' })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<actionId>', "HubSpot's number of the action's definition")
    .action(async (portalId: string, actionId: string, { json }: Json) => {
      const params = { path: { portal_id: portalId, action_id: actionId } };
      const one = await context.api().get('/api/config/{portal_id}/{action_id}', { params });
      show(context, json, one, () =>
        sheet([
          ['portal', one.portal_id],
          ['action', one.action_id],
          ['rate', one.rate],
          ['since', one.updated_at],
        ]),
      );
    });

  destructive(
    verb(rates, {
      name: 'delete',
      description: 'remove one: what else is set applies again',
      example: 'delete 62515 8',
    }),
  )
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<actionId>', "HubSpot's number of the action's definition")
    .action(async (portalId: string, actionId: string, options: Meant) => {
      const params = { path: { portal_id: portalId, action_id: actionId } };
      const api = context.api();
      const look = async () => {
        const { rate } = await api.get('/api/config/{portal_id}/{action_id}', { params });
        return touching(`Removes the rate of action ${actionId} in portal ${portalId}: ${rate}`, []);
      };
      if (!(await isMeant(context, options, look))) return;
      await api.delete('/api/config/{portal_id}/{action_id}', { params });
      show(
        context,
        options.json,
        { deleted: true },
        () => `Action ${actionId} of portal ${portalId} has no rate of its own any more`,
      );
    });
}
