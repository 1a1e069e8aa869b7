import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addInstalls } from './installs.js';
import { addMovePortal } from './movePortal.js';
import { addPortalStatus } from './portalStatus.js';

/** HubSpot accounts: how they stand, and how they are connected. */
export function addPortals(portals: Command, context: Context): void {
  addPortalStatus(portals, context);
  addInstalls(portals, context);
  addMovePortal(portals, context);
}
