import { definedProperties } from '../../db/crm/definedProperties.js';
import type { Pool } from '../../db/pool.js';
import { grantedScopes, keptNow, noteDefinitions, type KeptProperties } from '../../db/sync/properties.js';
import type { PassReader } from '../../db/sync/passes.js';
import type { SyncedObject, SyncReader } from '../../db/sync/reader.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { readDefinitions } from './hubspotDefinitions.js';
import { SyncRefused } from './syncRefused.js';

/** More than a type has. */
const MOST_DEFINED = 100_000;

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
}

interface How {
  readonly priority: Priority;
  /** Who asks: it keeps its place when other properties are kept from now on. */
  readonly reader?: SyncReader | PassReader;
  readonly deadlineMs?: number;
}

/**
 * The properties of a type that are kept now, by definitions that are an hour old at most. Rejects with SyncRefused.
 */
export async function keptProperties(
  deps: Dependencies,
  object: SyncedObject,
  how: How,
): Promise<KeptProperties> {
  return (await keptNow(deps.pool, object)) ?? refreshedProperties(deps, object, how);
}

/** The same, by what HubSpot says at this moment. */
export async function refreshedProperties(
  { pool, gateway }: Dependencies,
  object: SyncedObject,
  { priority, reader, deadlineMs }: How,
): Promise<KeptProperties> {
  const scopes = await grantedScopes(pool, object);
  const read = () =>
    readDefinitions(gateway, {
      ...{ ...object, priority, scopes },
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
  const first = await read();
  const names = new Set(first.map(({ name }) => name));
  const known = await definedProperties(forWorkspace(pool, object.workspaceId), object, MOST_DEFINED);
  // An answer may leave some out: only what two of them do not have has vanished, and its values go.
  const again = known.every((name) => names.has(name)) ? [] : await read();
  const now = [...new Map([...again, ...first].map((one) => [one.name, one])).values()];
  crashPoint('sync.properties.read');
  await noteDefinitions(pool, object, now, reader);
  const found = await keptNow(pool, object);
  if (found) return found;
  throw new SyncRefused('The type is not mirrored any more', { errorClass: 'stuck' });
}
