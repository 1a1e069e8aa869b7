import type { Command } from 'commander';
import { show, verb, type Context } from '../context.js';
import { definitionsHere, originOf } from './definitionsHere.js';

/** The definition of an action as HubSpot would see it. Nobody is asked. */
export function addShowDefinition(actions: Command, context: Context): void {
  verb(actions, {
    name: 'show',
    description: 'print the definition of one as HubSpot would have it',
    example: 'show greet',
  })
    .argument('<name>', 'as it is defined; throttle: the one that comes with Sluice')
    .option('--published', 'as it would be, seen by accounts that have installed the app')
    .action(async (name: string, { published = false, json }: { published?: boolean; json?: boolean }) => {
      const [one] = await definitionsHere(context, [name]);
      const definition = one?.define(originOf(context), published);
      show(context, json, definition, () => JSON.stringify(definition, null, 2));
    });
}
