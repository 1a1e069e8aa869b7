import { z } from 'zod';
import { textOfNumber } from '../../../domain/decimal.js';
import { ExactNumber } from '../../../domain/exactJson.js';

/* What the answers of batches say, read leniently: HubSpot leaves fields out and adds others. */

const Id = z.union([z.string(), z.number(), z.instanceof(ExactNumber)]).transform(String);
const Result = z.object({
  id: Id,
  objectWriteTraceId: z.string().optional().catch(undefined),
  createdAt: z.string().optional().catch(undefined),
  updatedAt: z.string().optional().catch(undefined),
  /** Of an upsert: whether it was made. */
  new: z.boolean().optional().catch(undefined),
  properties: z.record(z.string(), z.unknown()).catch({}),
});
export type AnsweredRecord = z.infer<typeof Result>;

const Results = z.object({ results: z.array(z.unknown()) });

/** The records of an answer; entries that are none are left out. */
export function recordsOf(body: unknown): AnsweredRecord[] {
  const parsed = Results.safeParse(body);
  if (!parsed.success) return [];
  return parsed.data.results.flatMap((entry) => {
    const result = Result.safeParse(entry);
    return result.success ? [result.data] : [];
  });
}

/** The value of a property as text; undefined when it is not set. */
export function textOf(record: AnsweredRecord, property: string): string | undefined {
  const value = record.properties[property];
  if (typeof value === 'number') return textOfNumber(value);
  return typeof value === 'string' || value instanceof ExactNumber ? String(value) : undefined;
}

/** A contact is found by these as well, and then shows another `email`. */
export const FURTHER_ADDRESSES = 'hs_additional_emails';

/** The addresses of a contact, as far as its answer shows them. */
export function addressesOf(record: AnsweredRecord): string[] {
  const further = textOf(record, FURTHER_ADDRESSES)?.split(';') ?? [];
  return [textOf(record, 'email') ?? '', ...further]
    .map((address) => address.trim().toLowerCase())
    .filter((address) => address !== '');
}

/** The ids that a record had before it was merged. */
export const MERGED_IDS = 'hs_merged_object_ids';

/** Whether a record has this id, or had it before it was merged. */
export function isUnder(record: AnsweredRecord, id: string): boolean {
  return record.id === id || (textOf(record, MERGED_IDS)?.split(';') ?? []).includes(id);
}

const End = z.object({ id: Id });
const Association = z.union([
  z.object({ from: End, to: End }).transform(({ from, to }) => ({ from: from.id, to: to.id })),
  z
    .object({ fromObjectId: End.shape.id, toObjectId: End.shape.id })
    .transform(({ fromObjectId, toObjectId }) => ({ from: fromObjectId, to: toObjectId })),
]);

/** The pairs that an answer to a batch of associations shows; the two forms are those of the two paths. */
export function pairsShown(body: unknown): { readonly from: string; readonly to: string }[] {
  const parsed = Results.safeParse(body);
  if (!parsed.success) return [];
  return parsed.data.results.flatMap((entry) => {
    const pair = Association.safeParse(entry);
    return pair.success ? [pair.data] : [];
  });
}

/** The ids of the app's events that an answer shows. */
export function appEventsShown(body: unknown): Set<string> {
  return new Set(recordsOf(body).map(({ id }) => id));
}

const AssociatedOther = z.object({
  toObjectId: End.shape.id,
  associationTypes: z
    .array(z.object({ category: z.string(), typeId: z.number() }).nullable().catch(null))
    .catch([]),
});
/** What an answer says of the page that follows; without any, with null or {} none does. */
const Following = z.object({ next: z.object({ after: Id }) });
const LastPage = z.object({ next: z.null().optional() }).nullish();
const Associated = z.object({
  from: End,
  to: z.array(z.unknown()).optional().catch(undefined),
  paging: z.unknown().optional(),
});

interface AssociatedRecord {
  readonly from: { readonly id: string };
  readonly to: readonly z.infer<typeof AssociatedOther>[];
  /** No page follows, and all of this one could be read. */
  readonly isWhole: boolean;
  /** Where the next one begins. */
  readonly after: string | undefined;
}

interface AssociationsRead {
  readonly records: readonly AssociatedRecord[];
  /** Something of it could not be read: what is not among the records may stand all the same. */
  readonly hasUnread: boolean;
}

/** What a batch of associations that was read says of each record. */
export function associationsRead(body: unknown): AssociationsRead {
  const parsed = Results.safeParse(body);
  if (!parsed.success) return { records: [], hasUnread: true };
  const records = parsed.data.results.flatMap((entry) => {
    const one = Associated.safeParse(entry);
    return one.success ? [associatedRecord(one.data)] : [];
  });
  return { records, hasUnread: records.length < parsed.data.results.length };
}

function associatedRecord({ from, to: entries, paging }: z.infer<typeof Associated>): AssociatedRecord {
  const to = (entries ?? []).flatMap((entry) => {
    const other = AssociatedOther.safeParse(entry);
    return other.success ? [other.data] : [];
  });
  const isRead = entries !== undefined && to.length === entries.length;
  const following = Following.safeParse(paging);
  return {
    ...{ from, to },
    isWhole: isRead && LastPage.safeParse(paging).success,
    // Behind a page that could not be read nothing is proved.
    after: isRead && following.success ? following.data.next.after : undefined,
  };
}
