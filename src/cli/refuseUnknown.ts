import type { Client } from './client.js';
import { CliError, statusOf } from './errors.js';

/** What a list was asked for. */
interface Filter {
  readonly portal?: string | undefined;
  readonly lane?: string | undefined;
  readonly callback?: string | undefined;
  readonly type?: string | undefined;
}

const GENERIC = 'generic:';

/**
 * An empty list may be empty because its filter names nothing: then that is what is said. Who may not look it up with
 * the key at hand gets the empty list.
 */
export async function refuseUnknown(
  client: Client,
  found: readonly unknown[],
  filter: Filter,
): Promise<void> {
  if (found.length > 0) return;
  const { portal, lane, callback, type } = filter;
  if (portal !== undefined) await lookUp(client, `/api/portals/${portal}`, `portal ${portal}`);
  if (lane !== undefined) await lookUp(client, `/api/lanes/${lane}`, `lane ${lane}`);
  if (callback !== undefined) {
    const of = { callbackId: callback, limit: 1 };
    const { items } = await client.get<{ items: unknown[] }>('/api/executions', of);
    if (items.length === 0)
      throw unknown(`callback ${callback}`, ', or it is longer ago than executions are kept');
  }
  if (type === undefined) return;
  const types = await ifAllowed(client.get<{ items: { name: string }[] }>('/api/outbox/types'));
  if (types && !types.items.some(({ name }) => name === type))
    throw unknown(`event type ${type}`, ': `sluice outbox types` lists them');
}

/** Whether there is such an event type: a shipped one, or that of a mapping. */
export async function refuseUnknownType(client: Client, type: string): Promise<void> {
  if (!type.startsWith(GENERIC)) return refuseUnknown(client, [], { type });
  const name = type.slice(GENERIC.length);
  await lookUp(client, `/api/outbox/mappings/${encodeURIComponent(name)}`, `mapping ${name}`);
}

async function lookUp(client: Client, path: string, what: string): Promise<void> {
  try {
    await ifAllowed(client.get(path));
  } catch (error) {
    if (statusOf(error) === 404) throw unknown(what);
    throw error;
  }
}

async function ifAllowed<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (statusOf(error) === 403) return undefined;
    throw error;
  }
}

function unknown(what: string, advice = ''): CliError {
  return new CliError(`There is no such ${what}${advice}`, 1, 'not_found');
}
