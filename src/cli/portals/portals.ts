import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addInstalls } from './installs.js';
import { addPortalStatus } from './portalStatus.js';

/** HubSpot accounts: how they stand, and how they are connected. */
export function addPortals(program: Command, context: Context): void {
  const portals = program.command('portals').description('the HubSpot accounts that are connected');
  addPortalStatus(portals, context);
  addInstalls(portals, context);
}
