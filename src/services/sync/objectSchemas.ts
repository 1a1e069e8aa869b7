import { z } from 'zod';
import { noteSchemasFailure, writeSchemas } from '../../db/crm/objectSchemas.js';
import type { Pool } from '../../db/pool.js';
import { pauseArchived } from '../../db/sync/ends.js';
import { portalGrant } from '../../db/sync/properties.js';
import { inWorkspace } from '../../db/tenant.js';
import { labelOf, type ObjectSchema } from '../../domain/crm/objectSchema.js';
import { isObjectType } from '../../domain/crm/objectType.js';
import { readText, storeText } from '../../domain/crm/storedText.js';
import { CUSTOM_OBJECT_SCOPES } from '../../domain/portals/access.js';
import type { PortalId } from '../../domain/portals/portal.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { refusedBy } from './syncRefused.js';

const HOUR_MS = 3_600_000;
export const SCHEMAS_EVERY_MS = HOUR_MS;
/** What no repeat changes: a new authorisation has it read at once. */
const REFUSED_AGAIN_MS = 24 * HOUR_MS;
const FAILED_AGAIN_MS = 5 * 60_000;
/** From the request to its outcome, the wait for the budget included: one that is busy is read another time. */
const DEADLINE_MS = 10_000;

const text = z.string().transform(storeText);
const label = text.nullish().transform((one) => one ?? null);
const answerSchema = z.object({
  results: z.array(
    z.object({
      objectTypeId: z.string().refine(isObjectType),
      ...{
        name: text,
        fullyQualifiedName: text,
        labels: z.object({ singular: label, plural: label }).nullish(),
      },
    }),
  ),
});

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
}

/**
 * Reads what a portal says of its custom objects, where it has granted that. One that it has archived is paused, with
 * its name; that it is left out says nothing. Returns how many there are; none where it cannot be read, which is noted.
 */
export async function readObjectSchemas(deps: Dependencies, portal: PortalId): Promise<number> {
  const { pool } = deps;
  const fails = (failure: string, againMs: number) =>
    inWorkspace(pool, portal.workspaceId, (client) => noteSchemasFailure(client, portal, failure, againMs));
  const { auth, scopes } = await portalGrant(pool, portal);
  // HubSpot does not tell the scopes of a private app: it is asked.
  if (auth === 'oauth' && !CUSTOM_OBJECT_SCOPES.some((scope) => scopes.includes(scope))) {
    await fails(`The portal has not granted ${CUSTOM_OBJECT_SCOPES.join(', ')}`, REFUSED_AGAIN_MS);
    return 0;
  }
  const found = new Map<string, ObjectSchema>();
  for (const archived of [true, false]) {
    const read = await listSchemas(deps, portal, archived);
    if ('failure' in read) {
      await fails(read.failure, read.againMs);
      return 0;
    }
    for (const schema of read.schemas) found.set(schema.objectType, schema);
  }
  const schemas = [...found.values()];
  await inWorkspace(pool, portal.workspaceId, async (client) => {
    const gone = schemas.filter(({ archived }) => archived);
    await pauseArchived(client, portal, new Map(gone.map((one) => [one.objectType, whyPaused(one)])));
    await writeSchemas(client, portal, schemas);
  });
  return schemas.length;
}

type Read =
  { readonly schemas: readonly ObjectSchema[] } | { readonly failure: string; readonly againMs: number };

async function listSchemas(
  { gateway }: Dependencies,
  { portalId }: PortalId,
  archived: boolean,
): Promise<Read> {
  const outcome = await gateway.request({
    ...{ resource: 'listSchemas', portalId, priority: 'backfill', deadlineMs: DEADLINE_MS },
    // Properties are read where they are needed; with those of all types the answer is a large one.
    query: { archived, includePropertyDefinitions: false, includeAssociationDefinitions: false },
  });
  if (outcome.kind !== 'ok') {
    const isFinal = ['forbidden', 'invalid', 'notFound'].includes(outcome.kind);
    const failure =
      outcome.kind === 'notFound'
        ? 'HubSpot has no custom objects for this portal'
        : refusedBy(outcome, 'custom objects').message;
    return { failure, againMs: isFinal ? REFUSED_AGAIN_MS : FAILED_AGAIN_MS };
  }
  const answer = answerSchema.safeParse(outcome.body);
  if (!answer.success)
    return { failure: 'HubSpot answered what is not understood', againMs: FAILED_AGAIN_MS };
  return {
    schemas: answer.data.results.map(({ objectTypeId, name, fullyQualifiedName, labels }) => ({
      ...{ objectType: objectTypeId, name, fullyQualifiedName, archived },
      ...{ singular: labels?.singular ?? null, plural: labels?.plural ?? null },
    })),
  };
}

const whyPaused = (schema: ObjectSchema) =>
  `HubSpot has archived the custom object ${readText(labelOf(schema))} (${readText(schema.fullyQualifiedName)}, ${schema.objectType}). The mirror stays as it is; when it is there again, resume`;
