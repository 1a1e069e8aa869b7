import type { Command } from 'commander';
import type { HeldDefinition } from '../../domain/actions/heldDefinition.js';
import {
  createDefinitionsClient,
  type DefinitionsClient,
  type DeveloperCredential,
} from '../../hubspot/definitions/definitionsClient.js';
import { createTransport } from '../../hubspot/wire/transport.js';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { filledSecret } from '../secretFile.js';
import type { DefinitionHere } from './definitionsHere.js';

export interface CredentialOptions {
  readonly keyFile?: string;
  readonly tokenFile?: string;
}

/** Adds the options that say with what HubSpot is asked. */
export function withCredential(command: Command): Command {
  return command
    .option('--key-file <file>', 'holds the developer API key; default: HUBSPOT_DEVELOPER_API_KEY')
    .option(
      '--token-file <file>',
      'instead of a key, a token of the developer account; default: HUBSPOT_DEVELOPER_TOKEN',
    );
}

/** Asks HubSpot as the developer of the app. */
export async function atHubSpot<Result>(
  context: Context,
  options: CredentialOptions,
  work: (client: DefinitionsClient) => Promise<Result>,
): Promise<Result> {
  const { HUBSPOT_APP_ID: appId, HUBSPOT_API_BASE_URL, ...versions } = context.developer();
  if (appId === undefined) throw new CliError('Set HUBSPOT_APP_ID to the id of the app', 2);
  const credential = credentialOf(context, options);
  const transport = createTransport(HUBSPOT_API_BASE_URL);
  try {
    return await work(createDefinitionsClient({ transport, appId, credential, versions }));
  } finally {
    await transport.close();
  }
}

function credentialOf(context: Context, { keyFile, tokenFile }: CredentialOptions): DeveloperCredential {
  if (keyFile !== undefined && tokenFile !== undefined)
    throw new CliError('Either --key-file or --token-file', 2);
  if (keyFile !== undefined) return { kind: 'key', key: filledSecret(keyFile) };
  if (tokenFile !== undefined) return { kind: 'token', token: filledSecret(tokenFile) };
  const { HUBSPOT_DEVELOPER_API_KEY: key, HUBSPOT_DEVELOPER_TOKEN: token } = context.developer();
  if (key) return { kind: 'key', key };
  if (token) return { kind: 'token', token };
  throw new CliError(
    'HubSpot wants to know who asks: set HUBSPOT_DEVELOPER_API_KEY (or HUBSPOT_DEVELOPER_TOKEN), or give --key-file FILE (or --token-file FILE)',
    2,
  );
}

/**
 * The one that HubSpot has of an action: by its URL, or by the path of it where the origin was another one. HubSpot's
 * number of it stays, whatever changes.
 */
export function heldOf(
  { name, define }: DefinitionHere,
  held: readonly HeldDefinition[],
  origin: string,
): HeldDefinition | undefined {
  const { actionUrl } = define(origin, false);
  const path = pathOf(actionUrl);
  const same = held.filter(({ definition }) => definition.actionUrl === actionUrl);
  const elsewhere = held.filter(({ definition }) => pathOf(definition.actionUrl) === path);
  const found = same.length > 0 ? same : elsewhere;
  if (found.length > 1)
    throw new CliError(
      `HubSpot has ${found.length} definitions that call ${path}: ${found.map(({ id }) => id).join(', ')}. Which one is ${name} cannot be told: archive the others`,
    );
  return found[0];
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
