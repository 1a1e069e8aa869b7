import type { Command } from 'commander';
import { show, verb, type Context } from '../context.js';
import { atHubSpot, withCredential, type CredentialOptions } from './atHubSpot.js';
import { definitionsHere, publicOriginOf } from './definitionsHere.js';
import { describePlan, isSame, leftAtHubSpot, planOf } from './plan.js';

export function addDiff(actions: Command, context: Context): void {
  withCredential(
    verb(actions, {
      name: 'diff',
      description: 'show what would change at HubSpot; exits with 1 where something would',
      example: 'diff greet',
    }),
  )
    .argument('[names...]', 'only these; default: all')
    .action(async (names: string[], options: CredentialOptions & { json?: boolean }) => {
      const here = await definitionsHere(context, names);
      const origin = publicOriginOf(context);
      const held = await atHubSpot(context, options, (client) => client.heldDefinitions());
      const plan = planOf(here, held, origin);
      const left = names.length === 0 ? leftAtHubSpot(here, held, origin) : [];
      show(context, options.json, { actions: plan, left }, () =>
        [
          ...plan.map(describePlan),
          ...left.map(
            ({ id, definition }) =>
              `${definition.actionUrl}: HubSpot has it (${id}), and it is not defined here`,
          ),
        ].join('\n'),
      );
      if (left.length > 0 || !plan.every(isSame)) context.fail();
    });
}
