import { z } from 'zod';
import { duePass, listPasses } from '../../db/sync/passViews.js';
import { findSync } from '../../db/sync/views.js';
import { forWorkspace } from '../../db/tenant.js';
import { PASSES, type PassName } from '../../domain/sync/passes.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eachAlone } from '../../platform/eachAlone.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';
import { notMirrored } from '../crm/mirroredTypes.js';
import { pageOf, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import type { SyncDependencies } from './changeMirror.js';
import { namedTypeSchema, objectNamed } from '../crm/namedType.js';

const count = z.number().int();
const passName = z.enum(PASSES);
const passSchema = z
  .strictObject({
    pass: passName.meta({
      description:
        '`settled`: what is an hour old is searched again; `archived`: the recycle bin is compared; `properties`: definitions are read, and what they change is done; `calculated`: calculated values are read again; `associations`: those of all records are; `audit`: the mirror is compared with all that HubSpot lists, and repaired; `aside`: records that HubSpot refuses to show are asked for again; `webhooks`: records that webhooks or their journal have named are read',
    }),
    running: z.boolean(),
    beganAt: time.nullable(),
    endedAt: time.nullable().meta({ description: 'Of the last round that has come to its end' }),
    seen: count.meta({ description: 'Records that the round has looked at' }),
    changed: count.meta({ description: 'Records that it has changed' }),
    found: z.record(z.string(), count).meta({
      description:
        'What else it counted; an audit what was `missing` in the mirror, `differing`, and `ghosts` that HubSpot does not have',
    }),
    dueAt: time.meta({ description: 'When it goes on, or its next round begins' }),
    failure: z
      .strictObject({ class: z.string(), message: z.string(), inARow: count })
      .nullable()
      .meta({ description: 'Why it could not be run last' }),
  })
  .meta({ id: 'SyncPass' });
const EXAMPLE = {
  ...{ pass: 'audit', running: false, beganAt: '2027-01-03T02:00:00.000Z' },
  ...{ endedAt: '2027-01-03T02:01:00.000Z', seen: 5000, changed: 0 },
  ...{ found: { missing: 0, differing: 0, ghosts: 0 }, dueAt: '2027-01-10T02:00:00.000Z', failure: null },
} as const;

const the = { tag: 'Records', scopes: ['crm'], resource: 'pass' } as const;
const ofType = z.strictObject({ portalId: portalIdSchema, objectType: namedTypeSchema });

interface PassDependencies extends SyncDependencies {
  readonly temporal: Pick<SyncStarter, 'startSync' | 'hurryPass'>;
}

/** That it is due stands: where Temporal is away, the next tick of the pass's Schedule finds it. */
async function hurry({ temporal, logger }: PassDependencies, pass: PassName): Promise<void> {
  const { failures } = await eachAlone([pass], 'start of a pass', (one) =>
    temporal.hurryPass(one).then(() => 1),
  );
  for (const error of failures)
    logger.warn('A pass is begun by its Schedule, within half a minute', { error });
}

/** What reads a mirrored type beside its load and its follow. */
export const PASS_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listSyncPasses',
    method: 'get',
    path: '/api/sync/{portalId}/{objectType}/passes',
    summary: 'List the passes over a type',
    input: { params: ofType, query: z.strictObject(pageQuery(passName)) },
    answers: {
      200: {
        description: 'A page of passes, by their names',
        body: pageOf(passSchema).meta({ id: 'SyncPassPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: ['not_found'],
    exampleParams: { portalId: '41000009', objectType: 'contacts' },
    async run({ pool }: SyncDependencies, { workspaceId }, { params, query: { after, limit } }) {
      const object = await objectNamed(pool, workspaceId, params);
      const db = forWorkspace(pool, workspaceId);
      const { items, next } = await readPage(
        limit,
        (max) => listPasses(db, object, { after, limit: max }),
        ({ pass }) => pass,
      );
      if (items.length === 0 && !(await findSync(db, workspaceId, object.portalId, object.objectType))) {
        await refuseUnknownPortal(pool, workspaceId, [], object.portalId);
        throw notMirrored(object.portalId, object.objectType);
      }
      return { status: 200, body: { items, next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'runSyncPass',
    method: 'post',
    path: '/api/sync/{portalId}/{objectType}/passes/{pass}/run',
    summary: 'Run a pass over a type now',
    description:
      'The next round begins within seconds, after the rounds of others that are due; one that is under way goes on. An audit is a call for each page of 100 records, at the lowest priority.',
    input: { params: ofType.extend({ pass: passName }) },
    answers: { 200: { description: 'How it stands', body: passSchema, example: EXAMPLE } },
    errors: ['not_found'],
    exampleParams: { portalId: '41000009', objectType: 'contacts', pass: 'audit' },
    async run(deps: PassDependencies, caller, { params: { pass, ...named } }) {
      const { workspaceId } = caller;
      const { portalId, objectType } = await objectNamed(deps.pool, workspaceId, named);
      const due = await inAuditedTransaction(deps, caller, async (client, note) => {
        const found = await duePass(client, { workspaceId, portalId, objectType }, pass);
        if (found) note('sync.pass', { portalId, objectType, pass });
        return found;
      });
      if (due) {
        crashPoint('sync.pass.due-committed');
        await hurry(deps, pass);
        return { status: 200, body: due };
      }
      await refuseUnknownPortal(deps.pool, workspaceId, [], portalId);
      throw notMirrored(portalId, objectType);
    },
  }),
] as const;
