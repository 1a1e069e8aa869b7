import type { Command } from 'commander';
import { id } from '../arguments.js';
import { show, verb, type Context, type Page } from '../context.js';
import { sheet, table } from '../output.js';
import { addInstalls } from './installs.js';

interface Portal {
  readonly portalId: number;
  readonly name: string | null;
  readonly state: string;
  readonly stateReason: string | null;
  readonly timeZone: string;
  readonly installedAt: string;
}

interface Budget {
  readonly portalId: number;
  readonly tenSecondly: {
    readonly used: number;
    readonly free: number;
    readonly blockedUntil: string | null;
    readonly reason: string | null;
  };
}

interface Json {
  readonly json?: boolean;
}

export function addPortals(program: Command, context: Context): void {
  const portals = program.command('portals').description('the HubSpot accounts that are connected');

  verb(portals, { name: 'list', description: 'list portals', example: 'list' }).action(
    async ({ json }: Json) => {
      const page = await context.client().get<Page<Portal>>('/api/portals');
      show(context, json, page, () =>
        table(
          ['portal', 'name', 'state', 'time zone', 'installed', 'reason'],
          page.items.map((one) => [
            String(one.portalId),
            one.name,
            one.state,
            one.timeZone,
            one.installedAt,
            one.stateReason,
          ]),
        ),
      );
    },
  );

  addInstalls(portals, context);

  verb(portals, {
    name: 'budget',
    description: 'show how much of HubSpot’s limit is used',
    example: 'budget 62515',
  })
    .argument('<portalId>', 'HubSpot’s number of it', id)
    .action(async (portalId: string, { json }: Json) => {
      const budget = await context.client().get<Budget>(`/api/portals/${portalId}/budget`);
      const { used, free, blockedUntil, reason } = budget.tenSecondly;
      show(context, json, budget, () =>
        sheet([
          ['portal', budget.portalId],
          ['used', `${used} of ${used + free} per 10 s`],
          ['free', free],
          ['blocked', blockedUntil && `until ${blockedUntil}${reason === null ? '' : `: ${reason}`}`],
        ]),
      );
    });
}
