import { z } from 'zod';
import { isKept, readChanges, type FeedPlace, type StoredChange } from '../../db/crm/changes.js';
import { readInstallations } from '../../db/installation/installations.js';
import type { Pool } from '../../db/pool.js';
import {
  CHANGE_ACTIONS,
  type ChangeAction,
  type ChangedAssociation,
  type ChangedValue,
} from '../../domain/crm/change.js';
import { readPosition, writePosition, type FeedPosition } from '../../domain/crm/feedPosition.js';
import { readText } from '../../domain/crm/storedText.js';
import { portalId, time } from '../http/answers.js';
import { pageQuery } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { objectTypeSchema, recordIdSchema } from './recordAnswers.js';

interface Dependencies {
  readonly pool: Pool;
}

const positionSchema = z.string().meta({
  id: 'FeedPosition',
  description: 'A place in the feed of changes; nothing can be read out of it',
  example: '3f0c9a51d2e7.7414.52',
});
const valueSchema = z.string().nullable();

const associationSchema = z
  .strictObject({
    toType: objectTypeSchema,
    toId: recordIdSchema,
    category: z.string().meta({ description: '`HUBSPOT_DEFINED`, `USER_DEFINED`, `INTEGRATOR_DEFINED`' }),
    typeId: z.number().int().meta({ description: "HubSpot's number of the type, as seen from the record" }),
    label: z
      .string()
      .nullable()
      .meta({ description: 'Null: the type without a label, which every association has' }),
  })
  .meta({ id: 'Association' });

const changeSchema = z
  .strictObject({
    position: positionSchema,
    portalId,
    objectType: objectTypeSchema,
    recordId: recordIdSchema,
    action: z.enum(CHANGE_ACTIONS),
    initial: z
      .boolean()
      .meta({ description: 'It was there when its type, or the property, was mirrored for the first time' }),
    changed: z.record(z.string(), z.strictObject({ before: valueSchema, after: valueSchema })).meta({
      description:
        'By property; null: no value. Of a record that was not there before, all of them; of one that is not there any more, those that it had. Of a merge, what differs from the survivor as it was',
    }),
    mergedIds: z.array(recordIdSchema).meta({
      description: 'Of a merge: the records that are this one now. Of all others empty',
    }),
    association: associationSchema.nullable().meta({
      description: 'Of `Associated` and `Dissociated` the other end and the type; null of all others',
    }),
    companies: z.array(recordIdSchema).nullable().meta({
      description:
        'Of a contact: the ids of its companies, at most 100, as the mirror has them when the change is read. Null of all other types',
    }),
    happenedAt: time.meta({
      description:
        "By HubSpot's clock. Of `Associated` and `Dissociated`, whose time HubSpot does not tell, when it was seen, by ours",
    }),
  })
  .meta({ id: 'RecordChange' });

/** What changed in the records of portals. */
export const CHANGE_OPERATIONS = [
  defineOperation({
    tag: 'Records',
    scopes: ['crm'],
    id: 'listChanges',
    method: 'get',
    path: '/api/changes',
    summary: 'Read what changed in records',
    description:
      'In the order in which changes were committed, those of a record in their own order; seven days back. Keep `next` and pass it as `after`: none is passed over, and none comes twice unless the database was restored (`restored`).',
    input: {
      query: z.strictObject({
        ...pageQuery(
          positionSchema.transform((text, context) => {
            const position = readPosition(text);
            if (!position)
              context.addIssue({ code: 'custom', message: 'must be the `next` of the page before' });
            return position ?? z.NEVER;
          }),
          1000,
        ),
      }),
    },
    answers: {
      200: {
        description: 'The changes that follow',
        body: z
          .strictObject({
            items: z.array(changeSchema),
            next: positionSchema.meta({
              description: '`after` of the next call, also where nothing follows yet',
            }),
            more: z.boolean().meta({ description: 'More may be read at once' }),
            restored: z.boolean().meta({
              description:
                'The database was restored or copied since this position: changes that were made since the copy come again, as far as they are still so',
            }),
            expired: z.boolean().meta({
              description:
                'The position is older than the changes that are kept (a week): some may have been missed. Read the records anew',
            }),
          })
          .meta({ id: 'RecordChangePage' }),
        example: {
          items: [
            {
              ...{
                position: '3f0c9a51d2e7.7414.52',
                portalId: 41_000_009,
                objectType: 'contacts',
                recordId: '51',
              },
              ...{ action: 'Updated', initial: false },
              changed: { city: { before: 'Bonn', after: 'Berlin' } },
              mergedIds: [],
              association: null,
              companies: ['901'],
              happenedAt: '2027-01-01T09:29:00.000Z',
            },
          ],
          ...{ next: '3f0c9a51d2e7.7414.52', more: false, restored: false, expired: false },
        },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const installations = await readInstallations(pool);
      const now = installations.length;
      const nameOf = (generation: number) => installations[generation - 1]?.id ?? '';
      const from = placeOf(after, installations);
      const isStart = from.transaction === BEGINNING.transaction;
      const expired = from.generation === now && !isStart && !(await isKept(pool, workspaceId, from));
      const { changes: rows, more } = await readChanges(pool, workspaceId, { after: from, now, limit });
      const positionOf = ({ generation, transactionId, id }: StoredChange) =>
        writePosition({ installation: nameOf(generation), transaction: transactionId, change: id });
      const last = rows.at(-1);
      return {
        status: 200,
        body: {
          items: rows.map((row) => changeAnswer(row, positionOf(row))),
          next: last ? positionOf(last) : writePosition(whereNothingFollows(from, { now, expired, nameOf })),
          more,
          expired,
          restored: after !== undefined && after.installation !== nameOf(now),
        },
      };
    },
  }),
] as const;

const BEGINNING = { transaction: '0', change: '0' };

/**
 * Where a reader goes on. Of an installation that a restore has undone it had read all that came before, so what is of
 * the present one follows.
 */
function placeOf(
  after: FeedPosition | undefined,
  installations: readonly { readonly id: string }[],
): FeedPlace {
  if (!after) return { generation: 1, ...BEGINNING };
  const at = installations.findIndex(({ id }) => id === after.installation);
  if (at < 0) return { generation: installations.length, ...BEGINNING };
  return { generation: at + 1, transaction: after.transaction, change: after.change };
}

/**
 * Where nothing follows, a reader stays where it is. One that was told of a restore, or that changes are not kept any
 * more, is told so once: it goes on from the beginning of what is there now.
 */
function whereNothingFollows(
  from: FeedPlace,
  how: { now: number; expired: boolean; nameOf: (generation: number) => string },
): FeedPosition {
  const { now, expired, nameOf } = how;
  if (expired || from.generation < now) return { installation: nameOf(now), ...BEGINNING };
  return { installation: nameOf(from.generation), transaction: from.transaction, change: from.change };
}

function changeAnswer(row: StoredChange, position: string) {
  const { portalId: portal, objectType, recordId, action, initial, changed, companies, happenedAt } = row;
  const mergedIds = [...(row.mergedIds ?? [])];
  const of = {
    position,
    portalId: portal,
    objectType,
    recordId,
    action,
    initial,
    mergedIds,
    companies,
    happenedAt,
  };
  if (action === 'Associated' || action === 'Dissociated')
    return { ...of, changed: {}, association: associationAnswer(changed as unknown as ChangedAssociation) };
  const values = Object.entries(changed as Record<string, string | ChangedValue>).map(([name, value]) => {
    const [before, after] = beforeAndAfter(action, value);
    return [readText(name), { before: plain(before), after: plain(after) }] as const;
  });
  return { ...of, changed: Object.fromEntries(values), association: null };
}

function associationAnswer({ label, ...of }: ChangedAssociation) {
  return { ...of, label: plain(label) };
}

/** Changes of values have both; of what came or went its values are told alone. */
function beforeAndAfter(action: ChangeAction, value: string | ChangedValue): ChangedValue {
  if (typeof value !== 'string') return value;
  return action === 'Deleted' ? [value, null] : [null, value];
}

const plain = (stored: string | null) => (stored === null ? null : readText(stored));
