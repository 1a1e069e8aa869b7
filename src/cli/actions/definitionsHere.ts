import type { HubSpotDefinition, SupportedClient } from '../../domain/actions/hubspotDefinition.js';
import { THROTTLE_UID, throttleDefinition } from '../../domain/actions/throttleDefinition.js';
import { HUBSPOT_API } from '../../platform/config/hubspot.js';
import { hubspotDefinition, supportedClients } from '../../sdk/actions/hubspotDefinition.js';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';

/** An action that this Sluice has, and what HubSpot is to have of it. */
export interface DefinitionHere {
  readonly name: string;
  /** Its name in a project. */
  readonly uid: string;
  readonly clients: readonly SupportedClient[];
  readonly define: (origin: string, published: boolean) => HubSpotDefinition;
}

/** By this name the action that comes with Sluice is meant, where no action of one's own has it. */
const THROTTLE = 'throttle';

/** Those with these names; all of them where none is named. */
export async function definitionsHere(
  context: Context,
  names: readonly string[] = [],
): Promise<DefinitionHere[]> {
  const { actions, throttle, throttleQueue } = await context.definitions();
  const own = [...actions.values()].map((action): DefinitionHere => ({
    ...{ name: action.name, uid: action.name, clients: supportedClients(action) },
    define: (origin, published) => hubspotDefinition(action, origin, published),
  }));
  const builtIn: DefinitionHere = {
    ...{ name: THROTTLE, uid: THROTTLE_UID, clients: [{ client: 'WORKFLOWS' }] },
    define: (origin, published) => throttleDefinition(origin, published, throttleQueue),
  };
  const all = throttle && !actions.has(THROTTLE) ? [builtIn, ...own] : own;
  if (names.length === 0) return all;
  return names.map((name) => {
    const found = all.find((one) => one.name === name);
    if (found) return found;
    const known = all.map((one) => one.name).join(', ') || 'none';
    throw new CliError(`There is no action ${name}; there are: ${known}`);
  });
}

/** The origin that HubSpot calls. */
export function originOf(context: Context): string {
  const { PUBLIC_URL, PORT } = context.developer();
  return PUBLIC_URL ?? `http://localhost:${PORT}`;
}

/** The same, where HubSpot is to be told of it: it calls nothing but https. */
export function publicOriginOf(context: Context): string {
  const { PUBLIC_URL, HUBSPOT_API_BASE_URL } = context.developer();
  if (PUBLIC_URL === undefined)
    throw new CliError('Set PUBLIC_URL to the origin that HubSpot calls: a definition has it', 2);
  if (HUBSPOT_API_BASE_URL === HUBSPOT_API && !PUBLIC_URL.startsWith('https:'))
    throw new CliError(`HubSpot calls https alone, and PUBLIC_URL is ${PUBLIC_URL}`, 2);
  return PUBLIC_URL;
}
