import { z } from 'zod';
import { declaredProperties, declareProperty, undeclareProperty } from '../../db/crm/declaredProperties.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { PROPERTY_NAME, VALUE_KINDS } from '../../domain/crm/declaredProperty.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { pageOf, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { notFound, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { mirrorOf, type FindMirror } from './mirroredTypes.js';
import { MOST_DECLARED } from './recordQueryInput.js';
import { namedTypeSchema, objectNamed } from './namedType.js';

interface Dependencies {
  readonly pool: Pool;
  readonly findMirror: FindMirror;
  readonly logger: Logger;
}

const propertySchema = z
  .string()
  .regex(PROPERTY_NAME, "must be HubSpot's name of a property")
  .meta({ description: "HubSpot's name of a property", example: 'city' });
const kindSchema = z.enum(VALUE_KINDS).meta({
  description:
    '`text`: by the numbers of its characters; `number`: as a number; `date`: as a moment. Text that is no number or no date has none',
});
const declaredSchema = z
  .strictObject({
    property: propertySchema,
    kind: kindSchema,
    state: z.enum(['filling', 'ready', 'leaving']).meta({
      description:
        '`filling`: records that were there already get their values; `ready`: records are found by it; `leaving`: it is not declared any more, and its values are being removed',
    }),
    filled: z.number().int().meta({ description: 'Records that were there and have their values' }),
    declaredAt: time,
    filledAt: time.nullable(),
  })
  .meta({ id: 'DeclaredProperty' });
const EXAMPLE = {
  ...{ property: 'city', kind: 'text', state: 'ready', filled: 5000 },
  ...{ declaredAt: '2027-01-01T09:30:00.000Z', filledAt: '2027-01-01T09:30:04.000Z' },
};

const the = { tag: 'Records', scopes: ['crm'], resource: 'declared property' } as const;
const PATH = '/api/objects/{objectType}/declared';
const ofType = { objectType: namedTypeSchema };
const portalId = portalIdSchema.optional();
const ofOne = {
  params: z.strictObject({ ...ofType, property: z.string() }),
  query: z.strictObject({ portalId }),
};
const exampleParams = { objectType: 'contacts', property: 'city' };

async function mirroredType(deps: Dependencies, workspaceId: string, objectType: string, portal?: number) {
  const named = await namedOrOnlyPortal(deps.pool, workspaceId, portal, 'portalId');
  const of = await objectNamed(deps.pool, workspaceId, { portalId: named, objectType });
  await mirrorOf(deps, of);
  return of;
}

/** By which properties records are found. */
export const DECLARED_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listDeclaredProperties',
    method: 'get',
    path: PATH,
    summary: 'List the properties by which records are found and sorted',
    input: {
      params: z.strictObject(ofType),
      query: z.strictObject({ portalId, ...pageQuery(propertySchema) }),
    },
    answers: {
      200: {
        description: 'A page of them, by their names',
        body: pageOf(declaredSchema).meta({ id: 'DeclaredPropertyPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: ['not_found'],
    exampleParams: { objectType: 'contacts' },
    async run(deps: Dependencies, { workspaceId }, { params, query: { after, limit, ...query } }) {
      const of = await mirroredType(deps, workspaceId, params.objectType, query.portalId);
      const { items, next } = await readPage(
        limit,
        (max) => declaredProperties(forWorkspace(deps.pool, workspaceId), of, { after, limit: max }),
        ({ property }) => property,
      );
      return { status: 200, body: { items, next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'declareProperty',
    method: 'put',
    path: `${PATH}/{property}`,
    summary: 'Find and sort the records of a type by a property',
    description: `Its values are kept from now on in the transactions that write records, and filled in for those that are there already. Without a \`kind\` it has that of the portal's definition; another one fills them in anew. At most ${MOST_DECLARED} of a type.`,
    input: {
      ...ofOne,
      body: z.strictObject({ kind: kindSchema.optional() }).meta({ id: 'NewDeclaredProperty' }),
    },
    answers: { 200: { description: 'How it stands', body: declaredSchema, example: EXAMPLE } },
    errors: ['not_found', 'conflict'],
    exampleParams,
    example: { body: { kind: 'text' } },
    async run(deps: Dependencies, caller, { params, query, body: { kind } }) {
      const { workspaceId } = caller;
      const of = await mirroredType(deps, workspaceId, params.objectType, query.portalId);
      const property = propertySchema.safeParse(params.property);
      if (!property.success) throw notFound(the.resource);
      const declared = await inAuditedTransaction(deps, caller, async (client, note) => {
        const now = await declareProperty(client, of, { property: property.data, kind, most: MOST_DECLARED });
        if (!now)
          throw new AppError(
            'conflict',
            `${MOST_DECLARED} properties of the ${of.objectType} are declared, which is as many as may be: npx sluice records undeclare one of them`,
          );
        note('records.declare', {
          portalId: of.portalId,
          objectType: of.objectType,
          property: now.property,
          kind: now.kind,
        });
        return now;
      });
      return { status: 200, body: declared };
    },
  }),

  defineOperation({
    ...the,
    id: 'undeclareProperty',
    method: 'delete',
    path: `${PATH}/{property}`,
    summary: 'No longer find the records of a type by a property',
    description: 'Its values are removed in the background; the records stay as they are.',
    input: ofOne,
    answers: { 204: { description: 'It is not declared any more' } },
    errors: ['not_found'],
    exampleParams,
    async run(deps: Dependencies, caller, { params: { objectType, property }, query }) {
      const of = await mirroredType(deps, caller.workspaceId, objectType, query.portalId);
      await inAuditedTransaction(deps, caller, async (client, note) => {
        if (!(await undeclareProperty(client, of, property))) throw notFound(the.resource);
        note('records.undeclare', { portalId: of.portalId, objectType: of.objectType, property });
      });
      return { status: 204 };
    },
  }),
] as const;
