import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addCaptureLogins } from './captureLogins.js';
import { addDeadLetters } from './deadLetters.js';
import { addEvents } from './events.js';
import { addInstall } from './install.js';
import { addRedrives } from './redrives.js';
import { addMappings } from './mappings.js';

export function addOutbox(outbox: Command, context: Context): void {
  addEvents(outbox, context);
  addDeadLetters(outbox, context);
  addRedrives(outbox, context);
  addMappings(outbox, context);
  addInstall(outbox, context);
  addCaptureLogins(outbox, context);
}
