import { z } from 'zod';
import { isDataError } from '../../db/dataError.js';
import type { Pool } from '../../db/pool.js';
import { showPage, walkByKeys } from '../../db/privacy/personalRows.js';
import type { ErasurePlace, OneRecord } from '../../db/privacy/erasures.js';
import { forWorkspace, inWorkspace } from '../../db/tenant.js';
import type { Sealing } from '../../secrets/sealing.js';
import { oneRecord } from '../../services/privacy/eraseRecord.js';
import { unsealedPage, type Place } from '../../services/privacy/places.js';
import { recordIdSchema } from '../crm/recordAnswers.js';
import { pageOf } from '../http/answers.js';
import { invalidInput, pageQuery, portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { namedTypeSchema, typeNamed } from '../crm/namedType.js';

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Pick<Sealing, 'open'>;
  readonly places: readonly Place[];
}

/** Rows that one statement looks at, and for how long a request goes on to the next ones. */
const LOOKED_AT = 200;
const WITHIN_MS = 1000;

const storedSchema = z
  .strictObject({
    table: z.string(),
    row: z.record(z.string(), z.unknown()).meta({ description: 'As it is stored' }),
  })
  .meta({ id: 'StoredOfRecord' });

/** `next` of the page before, as JSON in base64url. */
const cursorSchema = z.string().transform((text, context): ErasurePlace => {
  const place = placeSchema.safeParse(readJson(Buffer.from(text, 'base64url').toString('utf8')));
  if (place.success) return place.data;
  context.addIssue({ code: 'custom', message: NO_CURSOR });
  return z.NEVER;
});
const placeSchema = z.strictObject({
  at: z.string().max(100),
  after: z.array(z.string().max(100)).max(5).nullable(),
});
const NO_CURSOR = 'must be the `next` of the page before';

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // it is refused as what it is
  }
}

/** What is stored of one person. */
export const STORED_OPERATIONS = [
  defineOperation({
    tag: 'Privacy',
    scopes: ['admin'],
    id: 'listStored',
    method: 'get',
    path: '/api/stored/{objectType}/{recordId}',
    summary: 'Show all that is stored of a record',
    description:
      'In whichever table: the record, its changes, events and calls that name it by its addresses, its id, or a word of `also`. A page may have no items and be followed by others: go on until `next` is null.',
    input: {
      params: z.strictObject({ objectType: namedTypeSchema, recordId: recordIdSchema }),
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        also: textSchema(254)
          .min(5)
          .optional()
          .meta({ description: 'What else others name it by: a former address, a number' }),
        ...pageQuery(cursorSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of what is stored',
        body: pageOf(storedSchema).meta({ id: 'StoredPage' }),
        example: {
          items: [{ table: 'crm_records', row: { id: 51, properties: { email: 'ada@example.com' } } }],
          next: null,
        },
      },
    },
    errors: ['not_found'],
    exampleParams: { objectType: 'contacts', recordId: '51' },
    async run(deps: Dependencies, { workspaceId }, { params: { objectType: named, recordId }, query }) {
      const { pool } = deps;
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId, 'portalId');
      await refuseUnknownPortal(pool, workspaceId, [], portalId);
      const objectType = await typeNamed(pool, { workspaceId, portalId }, named);
      const also = query.also === undefined ? [] : [query.also];
      const of = { workspaceId, portalId, objectType, recordId, also };
      const record = await oneRecord(forWorkspace(pool, workspaceId), of);
      try {
        return { status: 200, body: await stored(deps, record, query) };
      } catch (error) {
        // The keys of a cursor that somebody made up.
        if (query.after && isDataError(error)) throw invalidInput([{ path: 'after', message: NO_CURSOR }]);
        throw error;
      }
    },
  }),
] as const;

async function stored(
  { pool, sealing, places }: Dependencies,
  record: OneRecord,
  { after: from, limit }: { readonly after?: ErasurePlace | undefined; readonly limit: number },
) {
  const until = performance.now() + WITHIN_MS;
  const items: { table: string; row: Record<string, unknown> }[] = [];
  let at = from ? places.findIndex(({ name }) => name === from.at) : 0;
  if (at < 0) throw invalidInput([{ path: 'after', message: NO_CURSOR }]);
  let after = from?.after ?? null;
  for (let place = places[at]; place; place = places[at]) {
    if (items.length >= limit || performance.now() > until)
      return { items, next: Buffer.from(JSON.stringify({ at: place.name, after })).toString('base64url') };
    const [here, where] = [place, { after, limit: Math.min(LOOKED_AT, limit - items.length) }];
    const page = await inWorkspace(pool, record.workspaceId, async (client) => {
      await walkByKeys(client);
      const unsealed = await unsealedPage({ sealing }, client, here, record, where);
      return showPage(client, here.table, here.rows, record, { ...where, unsealed });
    });
    items.push(...page.shown.map((row) => ({ table: here.table, row: row as Record<string, unknown> })));
    after = page.after;
    if (after === null) at += 1;
  }
  return { items, next: null };
}
