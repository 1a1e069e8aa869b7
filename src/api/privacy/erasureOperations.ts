import { z } from 'zod';
import { listErasures } from '../../db/privacy/erasures.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import type { Logger } from '../../platform/logger.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eraseRecord, oneRecord } from '../../services/privacy/eraseRecord.js';
import { namedTypeSchema, objectNamed } from '../crm/namedType.js';
import { objectTypeSchema, recordIdSchema } from '../crm/recordAnswers.js';
import { answerOnce } from '../http/answerOnce.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { idSchema, pageQuery, portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly tombstones: TombstoneKeys;
}

const MOST_WORDS = 20;

const erasureSchema = z
  .strictObject({
    id: z.uuid(),
    portalId,
    objectType: objectTypeSchema,
    mark: z.string().meta({ description: 'A keyed hash of the id, which is not kept' }),
    requestedBy: z.string(),
    requestedAt: time,
    doneAt: time.nullable().meta({ description: 'Null: it goes on' }),
    erased: z
      .record(z.string(), z.number().int())
      .meta({ description: 'How many rows of which table were removed or emptied' }),
    failure: z
      .string()
      .nullable()
      .meta({ description: 'Why it could not go on last; it is tried again until it is done' }),
  })
  .meta({ id: 'Erasure' });
const EXAMPLE = {
  id: '0b0f6a6e-3a1c-4f0e-9d0b-5f1a2b3c4d5e',
  ...{ portalId: 41_000_009, objectType: 'contacts', mark: '9f2c41d07a3e', requestedBy: 'cli' },
  ...{ requestedAt: '2027-01-01T09:30:00.000Z', doneAt: '2027-01-01T09:30:04.000Z' },
  ...{ erased: { crm_records: 1, crm_changes: 3, outbox_history: 2 }, failure: null },
};

const the = { tag: 'Privacy', scopes: ['admin'], resource: 'erasure' } as const;

/** What is erased of one person. */
export const ERASURE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'eraseRecord',
    method: 'post',
    path: '/api/erasures',
    summary: 'Erase a record, for good',
    description:
      'It leaves the mirror at once, what HubSpot shows of it later is dropped, and the feed tells `Erased`. What else is stored of it is erased by the worker, within minutes. At HubSpot nothing is changed. `preview: true` says what would be looked for, and begins nothing.',
    input: {
      body: z
        .strictObject({
          portalId: portalIdSchema.optional(),
          objectType: namedTypeSchema,
          recordId: recordIdSchema,
          also: z.array(textSchema(254).min(5)).max(MOST_WORDS).default([]).meta({
            description:
              'What else others name it by, beside the addresses in the mirror: former ones, numbers',
          }),
          preview: z.boolean().default(false),
        })
        .meta({ id: 'NewErasure' }),
    },
    answers: {
      200: {
        description: 'What would be looked for (`preview`)',
        body: z
          .strictObject({
            portalId,
            objectType: objectTypeSchema,
            recordId: recordIdSchema,
            mirrored: z.boolean(),
            words: z.array(z.string()).meta({ description: 'By which others name it' }),
          })
          .meta({ id: 'ErasurePreview' }),
        example: {
          ...{ portalId: 41_000_009, objectType: 'contacts', recordId: '51', mirrored: true },
          words: ['ada@example.com'],
        },
      },
      202: {
        description: 'It is out of the mirror; the rest is being erased',
        body: erasureSchema,
        example: { ...EXAMPLE, doneAt: null, erased: { crm_records: 1 } },
      },
    },
    idempotent: true,
    errors: ['not_found'],
    example: { body: { objectType: 'contacts', recordId: '51' } },
    async run(deps: Dependencies, caller, { body: { preview, ...asked } }) {
      const { pool, tombstones } = deps;
      const { workspaceId } = caller;
      const portal = await namedOrOnlyPortal(pool, workspaceId, asked.portalId, 'portalId');
      await refuseUnknownPortal(pool, workspaceId, [], portal);
      const object = await objectNamed(pool, workspaceId, { portalId: portal, objectType: asked.objectType });
      const request = { ...asked, ...object };
      if (preview) {
        const { isMirrored, words } = await oneRecord(forWorkspace(pool, workspaceId), request);
        const { objectType, recordId } = request;
        return {
          status: 200,
          body: { portalId: portal, objectType, recordId, mirrored: isMirrored, words: [...words] },
        };
      }
      const key = await tombstones.make(workspaceId);
      const { answer } = await answerOnce(deps, caller, async (client, note) => {
        const { n: _, ...erasure } = await eraseRecord(client, key, request, caller.actor);
        note('record.erase', {
          ...{ portalId: portal, objectType: request.objectType },
          ...{ erasure: erasure.id, mark: erasure.mark },
        });
        return { answer: { status: 202 as const, body: erasure } };
      });
      crashPoint('privacy.erasure.begun');
      return answer;
    },
  }),

  defineOperation({
    ...the,
    id: 'listErasures',
    method: 'get',
    path: '/api/erasures',
    summary: 'List what was erased',
    description: 'The newest first. Of whom is not kept.',
    input: { query: z.strictObject(pageQuery(idSchema)) },
    answers: {
      200: {
        description: 'A page of erasures',
        body: pageOf(erasureSchema).meta({ id: 'ErasurePage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const { items, next } = await readPage(
        limit,
        (max) => listErasures(pool, workspaceId, { after, limit: max }),
        (last) => last.n,
      );
      return { status: 200, body: { items: items.map(({ n: _, ...item }) => item), next } };
    },
  }),
] as const;
