import { z } from 'zod';
import { associationsOf, type AssociationType } from '../../db/crm/associations.js';
import type { RecordsOf } from '../../db/crm/records.js';
import type { Pool } from '../../db/pool.js';
import { readText } from '../../domain/crm/storedText.js';
import { typesNamed } from './namedType.js';

const MOST_TYPES = 5;
/** Of a record with those of one type, each of which may be associated in several ways. */
const MOST_EDGES = 200;

/** Which associations are answered with records. */
export const associationsSchema = z
  .string()
  .transform((text) => [...new Set(text.split(','))])
  .refine(
    (types) => types.length <= MOST_TYPES && types.every((type) => type !== ''),
    `must be types of objects with commas between them, ${MOST_TYPES} at most`,
  )
  .optional()
  .meta({
    description: `With the records of these types that each is associated with: types with commas between them, ${MOST_TYPES} at most`,
    override: { type: 'string' },
  });

/** Of a record, by the type of the other ones. */
export interface Associated {
  readonly items: { readonly id: string; readonly types: AssociationType[] }[];
  /** It has more than these. */
  more: boolean;
}

export type WithAssociations<Item> = Item & { readonly associations?: Record<string, Associated> };

/** The records with what each is associated with; as they are where nobody asked. */
export async function withAssociations<Item extends { readonly id: string }>(
  pool: Pool,
  of: RecordsOf,
  records: readonly Item[],
  named: readonly string[] | undefined,
): Promise<WithAssociations<Item>[]> {
  if (named === undefined) return [...records];
  const toTypes = await typesNamed(pool, of, named, 'associations');
  const ids = records.map(({ id }) => id);
  const found = new Map<string, Associated>();
  const of1 = (from: string, toType: string): Associated => {
    const key = `${from} ${toType}`;
    const known = found.get(key) ?? { items: [], more: false };
    found.set(key, known);
    return known;
  };
  const seen = new Map<Associated, number>();
  for (const { from, toType, to, category, typeId, label } of await associationsOf(pool, of, {
    ...{ ids, toTypes, most: MOST_EDGES + 1 },
  })) {
    const associated = of1(from, toType);
    const count = (seen.get(associated) ?? 0) + 1;
    seen.set(associated, count);
    if (count > MOST_EDGES) {
      associated.more = true;
      continue;
    }
    const type = { category, typeId, label: label === null ? null : readText(label) };
    const last = associated.items.at(-1);
    if (last?.id === to) last.types.push(type);
    else associated.items.push({ id: to, types: [type] });
  }
  return records.map((record) => ({
    ...record,
    associations: Object.fromEntries(toTypes.map((toType) => [toType, of1(record.id, toType)])),
  }));
}
