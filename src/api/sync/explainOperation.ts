import { z } from 'zod';
import { survivorOf } from '../../db/crm/aliases.js';
import { explainedChanges, explainedRecord } from '../../db/crm/explanation.js';
import { findSync } from '../../db/sync/views.js';
import { forWorkspace } from '../../db/tenant.js';
import { CHANGE_ACTIONS } from '../../domain/crm/change.js';
import { notMirrored } from '../crm/mirroredTypes.js';
import { objectTypeSchema, recordIdSchema } from '../crm/recordAnswers.js';
import { portalId, time } from '../http/answers.js';
import { portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import type { SyncDependencies } from './changeMirror.js';
import { EXAMPLE_SYNC, syncSchema } from './syncAnswers.js';
import { namedTypeSchema, objectNamed } from '../crm/namedType.js';

const names = z.array(z.string());
const action = z.enum(CHANGE_ACTIONS);

const explanationSchema = z
  .strictObject({
    portalId,
    objectType: objectTypeSchema,
    recordId: recordIdSchema,
    mergedInto: recordIdSchema
      .nullable()
      .meta({ description: 'It was merged into this record, which is explained here' }),
    record: z
      .strictObject({
        source: z.string().meta({
          description:
            'What made us read it so: `load`, `search`, `resync`, or the pass that did (`settled`, …)',
        }),
        readAt: time.meta({ description: 'When the read began' }),
        createdAt: time,
        modifiedAt: time,
        archivedAt: time.nullable(),
        version: z.number().int(),
        properties: z.number().int().meta({ description: 'How many have a value' }),
      })
      .nullable()
      .meta({ description: 'Null: the mirror does not have it' }),
    changes: z
      .array(
        z.strictObject({ action, initial: z.boolean(), changed: names, happenedAt: time, recordedAt: time }),
      )
      .meta({ description: 'What the feed has of it, the newest first' }),
    complete: z.boolean().meta({ description: 'The feed has no older ones that were not looked through' }),
    sync: syncSchema,
  })
  .meta({ id: 'RecordExplanation' });

const EXAMPLE = {
  ...{ portalId: 41_000_009, objectType: 'contacts', recordId: '51', mergedInto: null },
  record: {
    ...{ source: 'search', readAt: '2027-01-01T09:20:01.000Z', createdAt: '2026-03-01T00:00:00.000Z' },
    ...{ modifiedAt: '2027-01-01T09:19:58.000Z', archivedAt: null, version: 2, properties: 31 },
  },
  changes: [
    {
      ...{ action: 'Updated', initial: false, changed: ['city'] },
      ...{ happenedAt: '2027-01-01T09:19:58.000Z', recordedAt: '2027-01-01T09:20:01.200Z' },
    },
  ],
  ...{ complete: true, sync: EXAMPLE_SYNC },
};

export const EXPLAIN_OPERATION = defineOperation({
  ...{ id: 'explainRecord', tag: 'Records', scopes: ['crm'], resource: 'record', method: 'get' },
  path: '/api/sync/{portalId}/{objectType}/records/{recordId}',
  summary: 'Explain where the state of a record in the mirror came from',
  description:
    'Names of properties and no values. The feed has no index by record: its 50,000 newest changes are looked through.',
  input: {
    params: z.strictObject({
      ...{ portalId: portalIdSchema, objectType: namedTypeSchema, recordId: recordIdSchema },
    }),
  },
  answers: { 200: { description: 'Where it came from', body: explanationSchema, example: EXAMPLE } },
  errors: ['not_found'],
  exampleParams: { portalId: '41000009', objectType: 'contacts', recordId: '51' },
  async run({ pool }: SyncDependencies, { workspaceId }, { params }) {
    const of = await objectNamed(pool, workspaceId, params);
    const db = forWorkspace(pool, workspaceId);
    const sync = await findSync(db, workspaceId, of.portalId, of.objectType);
    if (!sync) {
      await refuseUnknownPortal(pool, workspaceId, [], of.portalId);
      throw notMirrored(of.portalId, of.objectType);
    }
    const mergedInto = (await survivorOf(db, of, params.recordId)) ?? null;
    const id = mergedInto ?? params.recordId;
    const record = (await explainedRecord(db, of, id)) ?? null;
    const { changes, complete } = await explainedChanges(db, of, id);
    return {
      status: 200,
      body: {
        ...{ portalId: of.portalId, objectType: of.objectType, recordId: params.recordId, mergedInto },
        ...{ record, changes, complete, sync },
      },
    };
  },
});
