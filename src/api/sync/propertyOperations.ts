import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { selectProperties } from '../../db/sync/properties.js';
import { findSelection, listDefinitions } from '../../db/sync/propertyViews.js';
import { forWorkspace } from '../../db/tenant.js';
import { SELECTION_MODES } from '../../domain/sync/propertySelection.js';
import type { Logger } from '../../platform/logger.js';
import { notMirrored } from '../crm/mirroredTypes.js';
import { objectTypeSchema } from '../crm/recordAnswers.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { namedTypeSchema, objectNamed } from '../crm/namedType.js';
import { selectionChangeSchema, selectionOf } from './selectionInput.js';

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
}

const count = z.number().int();

const definitionSchema = z
  .strictObject({
    name: z.string(),
    version: count.meta({ description: 'Counted from 1 for each name' }),
    label: z.string(),
    type: z.string(),
    fieldType: z.string(),
    options: z.array(z.strictObject({ value: z.string(), label: z.string() })),
    calculated: z
      .boolean()
      .meta({ description: 'HubSpot computes it, and changes it without a new time of modification' }),
    dataSensitivity: z.string(),
    archived: z.boolean().meta({ description: 'It is in HubSpot no more' }),
    kept: z.boolean().meta({ description: 'The mirror has its values' }),
    firstSeenAt: time,
    replacedAt: time.nullable().meta({ description: 'When a later version was found. Null: it stands' }),
  })
  .meta({ id: 'PropertyDefinition' });
const EXAMPLE_DEFINITION = {
  ...{
    name: 'lifecyclestage',
    version: 2,
    label: 'Lifecycle stage',
    type: 'enumeration',
    fieldType: 'radio',
  },
  ...{ options: [{ value: 'lead', label: 'Lead' }], calculated: false, dataSensitivity: 'non_sensitive' },
  ...{ archived: false, kept: true, firstSeenAt: '2027-01-01T09:00:00.000Z', replacedAt: null },
};

const selectionSchema = z
  .strictObject({
    portalId,
    objectType: objectTypeSchema,
    mode: z.enum(SELECTION_MODES),
    names: z.array(z.string()),
    kept: count
      .nullable()
      .meta({ description: 'So many properties. Null: the definitions have not been read yet' }),
    unknown: z.array(z.string()).meta({ description: 'Of `names` those that are no properties of the type' }),
    filling: count.meta({ description: 'Still to be read of the records that are there already' }),
    dropping: count.meta({ description: 'Still to be taken out of the mirror' }),
    definitionsReadAt: time.nullable(),
    calculated: count.meta({ description: 'So many of those that are kept are calculated' }),
    calculatedAt: time
      .nullable()
      .meta({ description: 'When the calculated ones of all records were read last' }),
  })
  .meta({ id: 'PropertySelection' });
const EXAMPLE_SELECTION = {
  ...{ portalId: 41_000_009, objectType: 'contacts', mode: 'include', names: ['email', 'lifecyclestage'] },
  ...{ kept: 2, unknown: [], filling: 1, dropping: 0, definitionsReadAt: '2027-01-01T09:00:00.000Z' },
  ...{ calculated: 0, calculatedAt: null },
};

const VERSION = /^([^/]{1,300})\/([1-9]\d{0,8})$/;
/** `name/version`, as `next` says it. */
const cursorSchema = z
  .string()
  .regex(VERSION, 'must be the `next` of the page before')
  .transform((text) => {
    const [, name = '', version = '0'] = VERSION.exec(text) ?? [];
    return { name, version: Number(version) };
  });

const the = { tag: 'Records', scopes: ['crm'], resource: 'sync' } as const;
const ofOne = { params: z.strictObject({ portalId: portalIdSchema, objectType: namedTypeSchema }) };
const exampleParams = { portalId: '41000009', objectType: 'contacts' };
const answersSelection = {
  200: { description: 'What is kept', body: selectionSchema, example: EXAMPLE_SELECTION },
};

/** Which properties of mirrored records there are, and which of them are kept. */
export const PROPERTY_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listPropertyDefinitions',
    method: 'get',
    path: '/api/sync/{portalId}/{objectType}/properties',
    summary: 'List the properties of a mirrored type',
    description:
      'As HubSpot defines them, by name; read once an hour. With `versions`, each version that was seen of each.',
    input: {
      ...ofOne,
      query: z.strictObject({ versions: z.stringbool().default(false), ...pageQuery(cursorSchema) }),
    },
    answers: {
      200: {
        description: 'A page of definitions',
        body: pageOf(definitionSchema).meta({ id: 'PropertyDefinitionPage' }),
        example: { items: [EXAMPLE_DEFINITION], next: null },
      },
    },
    errors: ['not_found'],
    exampleParams,
    async run({ pool }: Dependencies, { workspaceId }, { params, query: { versions, after, limit } }) {
      const object = await objectNamed(pool, workspaceId, params);
      const db = forWorkspace(pool, workspaceId);
      const page = await readPage(
        limit,
        (max) => listDefinitions(db, object, { versions, after, limit: max }),
        ({ name, version }) => `${name}/${version}`,
      );
      if (page.items.length === 0) await refuseNotMirrored(pool, object);
      return { status: 200, body: { ...page, items: [...page.items] } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showSelection',
    method: 'get',
    path: '/api/sync/{portalId}/{objectType}/selection',
    summary: 'Show which properties of a type are kept',
    input: ofOne,
    answers: answersSelection,
    errors: ['not_found'],
    exampleParams,
    async run({ pool }: Dependencies, { workspaceId }, { params }) {
      const object = await objectNamed(pool, workspaceId, params);
      return { status: 200, body: await refuseNotMirrored(pool, object) };
    },
  }),

  defineOperation({
    ...the,
    id: 'selectProperties',
    method: 'put',
    path: '/api/sync/{portalId}/{objectType}/selection',
    summary: 'Choose which properties of a type are kept',
    description:
      'What is kept since is read of the records that the mirror has already, and comes in the feed as `Updated` with `initial`. What is kept no more is taken out, and the feed says nothing of it.',
    input: {
      ...ofOne,
      body: selectionChangeSchema,
    },
    answers: answersSelection,
    errors: ['not_found'],
    exampleParams,
    example: { body: { mode: 'include', names: ['email', 'lifecyclestage'] } },
    async run(deps: Dependencies, caller, { params, body }) {
      const selection = selectionOf(body, 'names');
      const object = await objectNamed(deps.pool, caller.workspaceId, params);
      await refuseNotMirrored(deps.pool, object);
      await inAuditedTransaction(deps, caller, async (client, note) => {
        if (!(await selectProperties(client, object, selection)))
          throw notMirrored(object.portalId, object.objectType);
        const { portalId: portal, objectType } = object;
        note('sync.select', {
          portalId: portal,
          objectType,
          mode: selection.mode,
          names: selection.names.length,
        });
      });
      return { status: 200, body: await refuseNotMirrored(deps.pool, object) };
    },
  }),
] as const;

async function refuseNotMirrored(
  pool: Pool,
  object: { readonly workspaceId: string; readonly portalId: number; readonly objectType: string },
) {
  const found = await findSelection(forWorkspace(pool, object.workspaceId), object);
  if (found) return { ...found, names: [...found.names], unknown: [...found.unknown] };
  await refuseUnknownPortal(pool, object.workspaceId, [], object.portalId);
  throw notMirrored(object.portalId, object.objectType);
}
