import type { Command } from 'commander';
import { takeOverPortal } from '../../db/portals/takeOverPortal.js';
import { createPortalResolver } from '../../db/portals/portalResolver.js';
import type { Pool } from '../../db/pool.js';
import { inWorkspace } from '../../db/tenant.js';
import { findWorkspace } from '../../db/workspaces/workspaces.js';
import { id, uuid } from '../arguments.js';
import { destructive, isMeant, touching, type Meant, type Preview } from '../destructive.js';
import { show, verb, type Context } from '../context.js';
import { asOperator } from '../database.js';
import { CliError } from '../errors.js';

/**
 * A disconnect ends what waits through HubSpot for five minutes at most, and starts within a sweep of the reconciler.
 */
const PATIENCE = { everyMs: 1000, forMs: 10 * 60_000 };

/** `sluice portals move`: the operator, on the database, since no key of a workspace may take another's portal. */
export function addMovePortal(portals: Command, context: Context): void {
  destructive(
    verb(portals, {
      name: 'move',
      description:
        'give a portal to another workspace: it is disconnected where it is, and then connected anew there (needs DATABASE_ADMIN_URL, and a worker that runs)',
      example: 'move 62515 --to 9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c11',
    }),
  )
    .argument('<portalId>', "HubSpot's number of it", id)
    .requiredOption('--to <workspaceId>', 'the workspace that gets it', uuid)
    .action(async (portal: string, { to, ...options }: Meant & { to: string }) => {
      const { json } = options;
      const portalId = Number(portal);
      const look = () => asOperator(context.database(), (pool) => preview(pool, portalId, to));
      if (!(await isMeant(context, options, look))) return;
      const result = await asOperator(context.database(), async (pool) => {
        await nameOf(pool, to);
        return takeOverPortal(
          pool,
          { workspaceId: to, portalId, actor: 'cli', force: true },
          PATIENCE,
          // The sweep of portals left behind starts the workflow: this command knows no Temporal.
          async () => context.say(`Portal ${portalId} is being disconnected where it is`),
        );
      });
      if (result !== 'free')
        throw new CliError(
          `Portal ${portalId} is still being disconnected where it is. Does a worker run? Run this again later; it goes on from there`,
        );
      show(
        context,
        json,
        { portalId, workspaceId: to },
        () => `Portal ${portalId} is workspace ${to}'s now. Connect it there: it has no token yet`,
      );
    });
}

async function preview(pool: Pool, portalId: number, to: string): Promise<Preview> {
  const does = `Gives portal ${portalId} to workspace ${to} (${await nameOf(pool, to)})`;
  const held = await createPortalResolver(pool).find(portalId);
  if (!held) return touching(does, ['no workspace has it']);
  const holder = `${held.workspaceId} (${await nameOf(pool, held.workspaceId)})`;
  return touching(does, [
    `it is ${held.state} in workspace ${holder}, where what waits ends and its tokens are removed`,
  ]);
}

async function nameOf(pool: Pool, workspaceId: string): Promise<string> {
  const found = await inWorkspace(pool, workspaceId, (client) => findWorkspace(client, workspaceId));
  if (found) return found.name;
  throw new CliError(`There is no workspace ${workspaceId}: \`sluice workspaces list\` shows all of them`);
}
