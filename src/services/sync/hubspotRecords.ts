import { z } from 'zod';
import { MERGED_IDS_PROPERTY, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import type { Stretch } from '../../domain/sync/searchWalk.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Gateway, GatewayRequest, Outcome } from '../../hubspot/gateway/gateway.js';
import {
  idSchema,
  recordSchema,
  seen,
  timeSchema,
  unclear,
  understood,
  type RecordShown,
} from './hubspotAnswers.js';
import {
  readAllAssociations,
  readPartOfAssociations,
  type AssociationsSeen,
  type PartOfAssociations,
} from './hubspotAssociations.js';
import type { REFUSED } from './readAlone.js';
import { createRecordReads, isTooLarge, type Aside } from './readRecords.js';
import { refusedBy } from './syncRefused.js';

/** The most that HubSpot gives. */
export const LIST_PAGE = 100;
const SEARCH_PAGE = 200;
/** Names of properties in an address: HubSpot refuses addresses of more than about 16,000 characters. */
export const MOST_LISTED_CHARACTERS = 12_000;
const TOO_LONG = 414;
/** Whoever waits longer gives its slot back, and comes again. */
const DEADLINE_MS = 20_000;

const pagingSchema = z.object({
  next: z.object({ after: z.union([z.string(), z.number()]).transform(String) }).optional(),
});
const listSchema = z.object({ results: z.array(recordSchema), paging: pagingSchema.nullish() });
const searchSchema = z.object({
  total: z.number().int().nonnegative(),
  results: z.array(z.object({ id: idSchema, properties: z.record(z.string(), z.unknown()) })),
  paging: pagingSchema.nullish(),
});

export interface RecordsListed {
  readonly records: readonly SeenRecord[];
  /** In the order of the list. */
  readonly ids: readonly string[];
  readonly next: string | undefined;
  /** So many records a page were asked for in the end: more were too large an answer. */
  readonly limit: number;
  /** HubSpot's clock, where it said what time it has. */
  readonly answeredAtMs: number | undefined;
}

export interface HitsFound {
  readonly hits: readonly { readonly id: string; readonly modified: number }[];
  readonly next: string | undefined;
  readonly total: number;
  readonly answeredAtMs: number | undefined;
}

/** A portal's records of one type, as HubSpot shows them. Each call rejects with SyncRefused where it does not. */
export interface HubSpotRecords {
  /** A page of those that are not in the recycle bin, as many as fit into an answer and `limit` at most. */
  listPage(properties: readonly string[], after: string | undefined, limit?: number): Promise<RecordsListed>;
  /** The highest id, as far as HubSpot's index goes, and how many records it counts. Both are estimates. */
  highest(): Promise<{ readonly id: string | undefined; readonly total: number }>;
  /** How many there are, as HubSpot counts them: an estimate. */
  total(): Promise<number>;
  /** Which records were modified in a stretch, and when: a page of them. */
  searchPage(stretch: Stretch): Promise<HitsFound>;
  /**
   * At most 100 records as they are now. Those that are missing are archived, merged or were never there; one that is
   * there under another id is what one of them was merged into.
   */
  readNow(ids: readonly string[], properties: readonly string[]): Promise<readonly SeenRecord[]>;
  /** All that these records are associated with among those of another type (hubspotAssociations.ts). */
  associationsWith(toType: string, ids: readonly string[], most?: number): Promise<AssociationsSeen>;
  /** Some of those that one record is associated with, from a page on. */
  partOfAssociations(
    toType: string,
    id: string,
    from: { readonly after: string | undefined; readonly most?: number | undefined },
  ): Promise<PartOfAssociations>;
  /**
   * One record as it is now, under another id where it was merged. Undefined: HubSpot has none that is live; `refused`:
   * it does not show this one, and says nothing of it.
   */
  readOne(id: string, properties: readonly string[]): Promise<SeenRecord | typeof REFUSED | undefined>;
  /** A page of the recycle bin, in no order that means anything. */
  binPage(after: string | undefined): Promise<BinListed>;
  /** Of at most 100 records those that are in the recycle bin, as they are there, merged ones as in `readNow`. */
  readBin(ids: readonly string[], properties: readonly string[]): Promise<readonly BinnedRecord[]>;
}

/** A record in the recycle bin. */
export interface BinnedRecord extends SeenRecord {
  /** By HubSpot's clock. Undefined: it does not say. */
  readonly archivedAt: Date | undefined;
}

export interface BinListed {
  /** With no properties but the ids of those that were merged into each. */
  readonly records: readonly BinnedRecord[];
  readonly next: string | undefined;
}

interface Dependencies {
  readonly gateway: Pick<Gateway, 'request'>;
  readonly portalId: number;
  readonly objectType: string;
  readonly priority: Priority;
  /** For so long does a call wait for its turn. */
  readonly deadlineMs?: number;
  /** How many characters of names an address may have, and where it is said that some were too many. */
  readonly addresses: { readonly mostListed: number; refused(length: number): Promise<void> };
  readonly aside: Aside;
}

/** Contacts alone have the property without a prefix (docs/hubspot.md). */
export const modifiedProperty = (objectType: string): string =>
  objectType === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate';

export function createHubSpotRecords({
  gateway,
  portalId,
  objectType,
  priority,
  deadlineMs = DEADLINE_MS,
  addresses,
  aside,
}: Dependencies): HubSpotRecords {
  const modified = modifiedProperty(objectType);

  type Asked = Extract<
    GatewayRequest,
    { resource: 'listObjects' | 'searchObjects' | 'readObjects' | 'readObject' }
  >;
  type Request = Omit<Asked, 'portalId' | 'priority' | 'deadlineMs' | 'params'>;
  const outcomeOf = (request: Request, objectId?: string): Promise<Outcome> =>
    gateway.request({
      ...request,
      params: { objectType, ...(objectId !== undefined && { objectId }) },
      ...{ portalId, priority, deadlineMs },
    } as GatewayRequest);
  function answered(outcome: Outcome) {
    if (outcome.kind !== 'ok') throw refusedBy(outcome, objectType);
    return outcome;
  }
  const answerTo = async (request: Request) => answered(await outcomeOf(request));
  const reads = createRecordReads({ outcomeOf, objectType, addresses, aside });

  return {
    async listPage(properties, after, limit = LIST_PAGE) {
      const list = (names: readonly string[], most: number) =>
        outcomeOf({
          resource: 'listObjects',
          query: {
            ...{ limit: most, archived: false },
            ...(after !== undefined && { after }),
            ...(names.length > 0 && { properties: names }),
          },
        });
      const { length } = encodeURIComponent(properties.join(','));
      let withValues = length <= addresses.mostListed;
      let most = limit;
      let outcome = await list(withValues ? properties : [], most);
      while (withValues && isTooLarge(outcome) && most > 1)
        outcome = await list(properties, (most = Math.floor(most / 2)));
      if (withValues && (isTooLarge(outcome) || isTooLong(outcome))) {
        if (isTooLong(outcome)) await addresses.refused(length);
        withValues = false;
        outcome = await list([], (most = limit));
      }
      const { body, answeredAtMs } = answered(outcome);
      const { results, paging } = understood(listSchema, body);
      const ids = results.map(({ id }) => id);
      const records = withValues ? results.map(seen) : await reads.listed(ids, properties);
      return { records, ids, next: paging?.next?.after, limit: most, answeredAtMs };
    },

    async highest() {
      const { body } = await answerTo({
        resource: 'searchObjects',
        body: {
          filterGroups: [],
          properties: [modified],
          sorts: [{ propertyName: 'hs_object_id', direction: 'DESCENDING' }],
          limit: 1,
          after: '0',
        },
      });
      const { results, total } = understood(searchSchema, body);
      return { id: results[0]?.id, total };
    },

    async total() {
      const { body } = await answerTo({
        resource: 'searchObjects',
        body: { filterGroups: [], properties: [modified], sorts: [], limit: 1, after: '0' },
      });
      return understood(searchSchema, body).total;
    },

    async searchPage({ from, to, ids, after }) {
      const between = (propertyName: string, low: string, high: string) => ({
        ...{ propertyName, operator: 'BETWEEN' as const, value: low, highValue: high },
      });
      const { body, answeredAtMs } = await answerTo({
        resource: 'searchObjects',
        body: {
          filterGroups: [
            {
              filters: [
                between(modified, String(from), String(to)),
                ...(ids ? [between('hs_object_id', ids.from, ids.to)] : []),
              ],
            },
          ],
          properties: [modified],
          sorts: [{ propertyName: ids ? 'hs_object_id' : modified, direction: 'ASCENDING' }],
          limit: SEARCH_PAGE,
          after: after ?? '0',
        },
      });
      const { results, paging, total } = understood(searchSchema, body);
      const hits = results.map(({ id, properties }) => ({ id, modified: momentOf(properties[modified]) }));
      return { hits, next: paging?.next?.after, total, answeredAtMs };
    },

    readNow: reads.now,

    associationsWith: (toType, ids, most) =>
      readAllAssociations({ gateway, portalId, objectType, priority }, toType, ids, most),

    partOfAssociations: (toType, id, from) =>
      readPartOfAssociations({ gateway, portalId, objectType, priority }, toType, id, from),

    readOne: reads.one,

    async binPage(after) {
      const { body } = await answerTo({
        resource: 'listObjects',
        query: {
          limit: LIST_PAGE,
          archived: true,
          properties: [MERGED_IDS_PROPERTY],
          ...(after !== undefined && { after }),
        },
      });
      const { results, paging } = understood(listSchema, body);
      const records = results.filter(({ archived }) => archived === true).map(binned);
      return { records, next: paging?.next?.after };
    },

    async readBin(ids, properties) {
      return (await reads.binned(ids, properties)).map(binned);
    },
  };
}

/** Whoever said so: a server before HubSpot's answers it with a page. */
const isTooLong = (outcome: Outcome): boolean => 'status' in outcome && outcome.status === TOO_LONG;
/** As HubSpot writes it in answers to searches: ISO 8601. */
function momentOf(value: unknown): number {
  const written = timeSchema.safeParse(value).data;
  if (written === undefined) throw unclear();
  return Date.parse(written);
}

function binned(record: RecordShown): BinnedRecord {
  const { archivedAt } = record;
  return { ...seen(record), archivedAt: archivedAt === undefined ? undefined : new Date(archivedAt) };
}
