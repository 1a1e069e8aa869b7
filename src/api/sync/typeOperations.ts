import { z } from 'zod';
import { findSchemas } from '../../db/crm/objectSchemas.js';
import type { Pool } from '../../db/pool.js';
import { findPortalSettings, type PortalSettings } from '../../db/portals/portalSettings.js';
import { listSyncs, type SyncView } from '../../db/sync/views.js';
import { forWorkspace } from '../../db/tenant.js';
import { labelOf, type ObjectSchema } from '../../domain/crm/objectSchema.js';
import { isObjectType, OBJECT_TYPES } from '../../domain/crm/objectType.js';
import { CUSTOM_OBJECT_SCOPES } from '../../domain/portals/access.js';
import { scopeToRead } from '../../domain/sync/loadEstimate.js';
import { FEATURES } from '../../domain/portals/features.js';
import { objectTypeSchema } from '../crm/recordAnswers.js';
import { pageOf, time } from '../http/answers.js';
import { notFound, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';

/** More than a portal may have. */
const MOST_MIRRORED = 1000;
const LABELS = { contacts: 'Contacts', companies: 'Companies', deals: 'Deals', tickets: 'Tickets' } as const;

const scopesSchema = z
  .array(z.string())
  .nullable()
  .meta({ description: "Null: not known, as HubSpot does not tell a private app's scopes" });
const grantSchema = z.string().nullable().meta({
  description:
    'Of this API: where the missing scopes are asked for. A browser that brings the key goes to HubSpot; asked for JSON it answers a link that somebody else may open. Null: nothing is missing, or a private app has to be given the scopes at HubSpot',
});

const typeSchema = z
  .strictObject({
    objectType: objectTypeSchema,
    name: z.string().nullable().meta({ description: "HubSpot's name of it. Null: HubSpot has not told it" }),
    fullName: z.string().nullable().meta({ description: 'Of a custom object' }),
    label: z.string().meta({ description: 'What people read' }),
    archived: z.boolean().meta({ description: 'HubSpot has deleted this custom object' }),
    state: z
      .enum(['loading', 'following', 'paused', 'ended'])
      .nullable()
      .meta({ description: 'As of `GET /api/sync/{portalId}/{objectType}`. Null: it is not mirrored' }),
    missingScopes: scopesSchema,
    grant: grantSchema,
  })
  .meta({ id: 'SyncType' });
const EXAMPLE_GRANT = '/api/integrations/hubspot/auth?portalId=41000009&access=custom_objects';
const EXAMPLE = {
  ...{ objectType: '2-3465404', name: 'cars', fullName: 'p41000009_cars', label: 'Cars', archived: false },
  ...{ state: 'following', missingScopes: [], grant: null },
} as const;

const customObjectsSchema = z
  .strictObject({
    readAt: time.nullable().meta({ description: 'When HubSpot told last which there are. Null: never' }),
    failure: z.string().nullable().meta({ description: 'Why it could not be read last' }),
    missingScopes: scopesSchema,
    grant: grantSchema,
  })
  .meta({ id: 'CustomObjectsReading' });

/** What of a portal could be mirrored. */
export const TYPE_OPERATIONS = [
  defineOperation({
    ...{ tag: 'Records', scopes: ['crm'], resource: 'portal', id: 'listSyncTypes', method: 'get' },
    path: '/api/sync/{portalId}/types',
    summary: 'List the types of a portal that could be mirrored',
    description:
      'Contacts, companies, deals, tickets, and each custom object that HubSpot told of last; whether each is mirrored, and which scope it lacks.',
    input: {
      params: z.strictObject({ portalId: portalIdSchema }),
      query: z.strictObject(pageQuery(objectTypeSchema)),
    },
    answers: {
      200: {
        description: 'A page of types: those of every account, then custom objects by their ids',
        body: pageOf(typeSchema).extend({ customObjects: customObjectsSchema }).meta({ id: 'SyncTypePage' }),
        example: {
          items: [EXAMPLE],
          next: null,
          customObjects: {
            ...{
              readAt: '2027-01-01T09:00:00.000Z',
              failure: null,
              missingScopes: ['crm.schemas.custom.read'],
            },
            grant: EXAMPLE_GRANT,
          },
        },
      },
    },
    errors: ['not_found'],
    exampleParams: { portalId: '41000009' },
    async run({ pool }: { readonly pool: Pool }, { workspaceId }, { params, query: { after, limit } }) {
      const { portalId } = params;
      const db = forWorkspace(pool, workspaceId);
      const portal = await findPortalSettings(db, portalId);
      if (!portal) throw notFound(`portal ${portalId}`);
      const known = await findSchemas(db, { workspaceId, portalId });
      const syncs = await listSyncs(pool, workspaceId, { portalIds: [portalId], limit: MOST_MIRRORED });
      const all = typesOf(portal, known?.schemas ?? [], syncs);
      const rest = all.filter(
        ({ objectType }) => after === undefined || placeOf(objectType) > placeOf(after),
      );
      const page = await readPage(
        limit,
        (max) => Promise.resolve(rest.slice(0, max)),
        ({ objectType }) => objectType,
      );
      const missing = missingOf(portal, CUSTOM_OBJECT_SCOPES);
      const customObjects = {
        ...{ readAt: known?.readAt ?? null, failure: known?.failure ?? null },
        ...{ missingScopes: missing, grant: grantOf(portal, missing, 'custom_objects') },
      };
      return { status: 200, body: { items: [...page.items], next: page.next, customObjects } };
    },
  }),
] as const;

/** Those of every account in HubSpot's order, then custom objects by their numbers. */
function placeOf(objectType: string): number {
  const at = OBJECT_TYPES.findIndex((one) => one === objectType);
  return at >= 0 ? at - OBJECT_TYPES.length : Number(objectType.slice(2));
}

function typesOf(portal: PortalSettings, schemas: readonly ObjectSchema[], syncs: readonly SyncView[]) {
  const custom = new Map(schemas.map((schema) => [schema.objectType, schema]));
  const state = new Map(syncs.map((sync) => [sync.objectType, sync.state]));
  const others = new Set([...custom.keys(), ...state.keys()].filter((type) => type.startsWith('2-')));
  const standard = OBJECT_TYPES.map((objectType) => ({
    ...{ objectType, name: objectType, fullName: null, label: LABELS[objectType], archived: false },
  }));
  const made = [...others]
    .filter(isObjectType)
    .sort((a, b) => placeOf(a) - placeOf(b))
    .map((objectType) => {
      const schema = custom.get(objectType);
      return {
        ...{ objectType, name: schema?.name ?? null, fullName: schema?.fullyQualifiedName ?? null },
        ...{ label: schema ? labelOf(schema) : objectType, archived: schema?.archived ?? false },
      };
    });
  return [...standard, ...made].map((type) => {
    const missing = missingOf(portal, [scopeToRead(type.objectType)]);
    const isCustom = type.objectType.startsWith('2-');
    return {
      ...type,
      state: state.get(type.objectType) ?? null,
      missingScopes: missing,
      grant: grantOf(portal, missing, isCustom ? 'custom_objects' : undefined),
    };
  });
}

function missingOf({ auth, scopes }: PortalSettings, needed: readonly string[]): string[] | null {
  return auth === 'oauth' ? needed.filter((scope) => !scopes.includes(scope)) : null;
}

/** The records of every account come with a feature; custom objects are an access of their own. */
function grantOf(
  portal: PortalSettings,
  missing: readonly string[] | null,
  access?: 'custom_objects',
): string | null {
  if (missing === null || missing.length === 0) return null;
  const on = FEATURES.filter((feature) => portal[`${feature}Enabled`]);
  const query = new URLSearchParams({
    portalId: String(portal.portalId),
    ...(access ? { access } : { features: [...new Set([...on, 'sync'])].join(',') }),
  });
  return `/api/integrations/hubspot/auth?${query.toString()}`.replaceAll('%2C', ',');
}
