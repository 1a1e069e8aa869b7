import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addDeadLetters } from './deadLetters.js';
import { addEvents } from './events.js';
import { addInstall } from './install.js';
import { addMappings } from './mappings.js';

export function addOutbox(program: Command, context: Context): void {
  const outbox = program
    .command('outbox')
    .description('events of applications on their way to HubSpot, and those that did not arrive');
  addEvents(outbox, context);
  addDeadLetters(outbox, context);
  addMappings(outbox, context);
  addInstall(outbox, context);
}
