import { z } from 'zod';
import { findSchemas, type PortalSchemas } from '../../db/crm/objectSchemas.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { labelOf, schemasNamed, type ObjectSchema } from '../../domain/crm/objectSchema.js';
import { isObjectType, OBJECT_TYPES } from '../../domain/crm/objectType.js';
import { invalidInput } from '../http/input.js';

/** So many are listed where one has to be chosen. */
const MOST_LISTED = 20;

/** Of a path or query: which type it is says the portal, and a word that is none is refused in words. */
export const namedTypeSchema = z.string().meta({
  description:
    "`contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it",
  example: 'contacts',
});

interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
}

/** The type that somebody names, as it is stored. Nothing is asked of the database for one that is named so. */
export async function typeNamed(pool: Pool, of: Of, named: string, path = 'objectType'): Promise<string> {
  if (isObjectType(named)) return named;
  const known = await findSchemas(forWorkspace(pool, of.workspaceId), of);
  const [found, ...others] = schemasNamed(known?.schemas ?? [], named);
  if (found && others.length === 0) return found.objectType;
  const message = found
    ? `may be one of several: ${listed([found, ...others])}. Say its full name or its id`
    : `must be ${OBJECT_TYPES.join(', ')}, or a custom object of portal ${of.portalId} by its id, name or label: ${whatThereIs(known)}`;
  throw invalidInput([{ path, message }]);
}

/** The object that a path with its portal names. */
export const objectNamed = async (
  pool: Pool,
  workspaceId: string,
  { portalId, objectType: named }: { readonly portalId: number; readonly objectType: string },
) => ({ workspaceId, portalId, objectType: await typeNamed(pool, { workspaceId, portalId }, named) });

/** Several of them, each once. */
export async function typesNamed(
  pool: Pool,
  of: Of,
  named: readonly string[],
  path: string,
): Promise<string[]> {
  const types = new Set<string>();
  for (const one of named) types.add(await typeNamed(pool, of, one, path));
  return [...types];
}

function whatThereIs(known: PortalSchemas | undefined): string {
  const live = known?.schemas.filter(({ archived }) => !archived) ?? [];
  if (live.length > 0) return listed(live);
  if (known?.failure != null) return `they could not be read (${known.failure})`;
  return known?.readAt == null ? 'they have not been read yet' : 'it has none';
}

function listed(schemas: readonly ObjectSchema[]): string {
  const words = schemas
    .slice(0, MOST_LISTED)
    .map((one) => `${labelOf(one)} (${one.fullyQualifiedName}, ${one.objectType})`);
  return `${words.join(', ')}${schemas.length > MOST_LISTED ? ', …' : ''}`;
}
