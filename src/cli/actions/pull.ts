import type { Command } from 'commander';
import { declarationSource } from '../../domain/actions/actionSource.js';
import type { HeldDefinition } from '../../domain/actions/heldDefinition.js';
import { show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { atHubSpot, withCredential, type CredentialOptions } from './atHubSpot.js';

interface PullOptions extends CredentialOptions {
  readonly declare?: boolean;
  readonly json?: boolean;
}

export function addPull(actions: Command, context: Context): void {
  withCredential(
    verb(actions, {
      name: 'pull',
      description: 'print the definitions that HubSpot has of the app, whoever made them',
      example: 'pull 33540407 --declare',
    }),
  )
    .argument('[ids...]', "HubSpot's numbers of them; default: all")
    .option('--declare', 'as a file for actions/, whose handler is to be written')
    .action(async (ids: string[], options: PullOptions) => {
      const held = await atHubSpot(context, options, (client) => client.heldDefinitions());
      const chosen = ids.length === 0 ? held : ids.map((id) => withId(held, id));
      const shown = options.declare
        ? chosen.map((one) => ({ id: one.id, source: declarationSource(nameOf(one), one.definition) }))
        : chosen;
      show(context, options.json, shown, () =>
        shown.map((one) => ('source' in one ? one.source : JSON.stringify(one, null, 2))).join('\n'),
      );
    });
}

function withId(held: readonly HeldDefinition[], id: string): HeldDefinition {
  const found = held.find((one) => one.id === id);
  if (found) return found;
  throw new CliError(
    `HubSpot has no definition ${id}; it has: ${held.map((one) => one.id).join(', ') || 'none'}`,
  );
}

/** Of its English name, in the form that a name has here. */
function nameOf({ id, definition: { labels } }: HeldDefinition): string {
  const words = labels['en']?.actionName.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const name = words.join('-').slice(0, 50).replace(/-$/, '');
  return /^[a-z]/.test(name) ? name : `action-${id}`;
}
