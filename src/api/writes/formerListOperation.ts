import { z } from 'zod';
import { listFromHubSpot } from '../../services/writes/listFromHubSpot.js';
import { namedTypeSchema } from '../crm/namedType.js';
import { recordIdSchema } from '../crm/recordAnswers.js';
import { time } from '../http/answers.js';
import { invalidInput, limitSchema, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { propertyNameSchema } from './writeInput.js';
import { asked, objectOf, type WritesDependencies } from './writeThrough.js';

/*
 * What the former integration of HubSpot's records answered under /crm/objects, for programs that ask there: HubSpot's
 * own list, read at the moment of the request.
 */

const MOST = 100;
const USUAL = 10;
const MOST_PROPERTIES = 100;
/** HubSpot's searches show no more. */
const MOST_SEARCHED = 10_000;

const records = z.array(
  z.strictObject({
    id: recordIdSchema,
    properties: z.record(z.string(), z.string().nullable()),
    createdAt: time,
    updatedAt: time,
  }),
);

const namesSchema = z
  .string()
  .max(10_000)
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(propertyNameSchema).max(MOST_PROPERTIES))
  .optional()
  .meta({
    description: 'Internal names with commas between them; without it those that HubSpot shows by itself',
    example: 'email,firstname',
    override: { type: 'string', maxLength: 10_000 },
  });

export const FORMER_LIST_OPERATIONS = [
  defineOperation({
    ...{ tag: 'Records', scopes: ['crm'], resource: 'record', method: 'get' },
    id: 'showRecordsAtHubSpot',
    path: '/crm/objects',
    summary: "A page of HubSpot's own list of records",
    description:
      'For programs that asked the former integration. Read from HubSpot at each request, with the priority of those who wait; `next_after` is the `after` of the next call. The records stand under the plural of their type: `contacts`, `deals`, or the id of a custom object. `GET /api/objects/{objectType}` answers from the mirror and costs HubSpot nothing.',
    input: {
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        type: namedTypeSchema.default('contacts'),
        properties: namesSchema,
        order: z
          .enum(['id', 'newest'])
          .default('id')
          .meta({ description: '`newest`: those that were made last come first, 10,000 at most' }),
        limit: limitSchema(MOST, USUAL),
        after: z
          .string()
          .regex(/^\d{1,20}$/, 'must be the `next_after` of the page before')
          .optional(),
      }),
    },
    answers: {
      200: {
        description: 'The page',
        body: z
          .object({ next_after: z.string().nullable().meta({ description: 'Null: these were the last' }) })
          .catchall(records)
          .meta({ id: 'RecordsAtHubSpot' }),
        example: {
          contacts: [
            {
              ...{ id: '51', properties: { email: 'ada@example.com' } },
              ...{ createdAt: '2026-11-02T10:00:00.000Z', updatedAt: '2027-01-01T09:29:00.000Z' },
            },
          ],
          next_after: '52',
        },
      },
    },
    errors: ['not_found', 'conflict', 'unavailable', 'too_many_requests'],
    async run(deps: Pick<WritesDependencies, 'pool' | 'portals' | 'gateway'>, { workspaceId }, { query }) {
      const { type, properties = [], order, limit, after, portalId } = query;
      const newestFirst = order === 'newest';
      if (newestFirst && Number(after ?? 0) + limit > MOST_SEARCHED)
        throw invalidInput([
          {
            path: 'after',
            message: `leads beyond the newest ${MOST_SEARCHED}, which is all that HubSpot shows`,
          },
        ]);
      const of = await objectOf(deps, workspaceId, { objectType: type, portalId });
      const page = await asked(() =>
        listFromHubSpot(deps.gateway, {
          ...{ workspaceId, portalId: of.portalId, objectType: of.objectType },
          ...{ limit, after, properties, newestFirst },
        }),
      );
      const shown = page.records.map((one) => ({
        id: one.id,
        properties: Object.fromEntries(
          Object.entries(one.properties).map(([name, value]) => [name, value ?? null]),
        ),
        createdAt: new Date(one.createdAt),
        updatedAt: new Date(one.updatedAt),
      }));
      return { status: 200, body: { [of.objectType]: shown, next_after: page.next } as never };
    },
  }),
] as const;
