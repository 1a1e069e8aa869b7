import { behindPrefix, type Compared, type RecordPlace } from '../../domain/crm/recordQuery.js';
import { COMPARED_CHARACTERS, type ValueKind } from '../../domain/crm/declaredProperty.js';
import type { Pool } from '../pool.js';
import { inWorkspace } from '../tenant.js';
import { MOST_BYTES, RECORD_COLUMNS, type RecordsOf, type StoredRecord, recordsAfter } from './records.js';

/*
 * Records found and sorted by declared properties. One property leads: its values are walked in their order, by an
 * index, from where the last page ended; what else is asked for is looked up for each of them by its key. So a page
 * costs the same wherever it stands. It looks at so many values at most: where few of them are wanted it has less than
 * was asked for, and says where it ended.
 */

export interface RecordQuery {
  /** All hold. */
  readonly conditions: readonly Compared[];
  readonly sort?:
    { readonly property: string; readonly kind: ValueKind; readonly isDescending: boolean } | undefined;
  /** Those in the recycle bin, instead of those that are not. */
  readonly isArchived: boolean;
  readonly after?: RecordPlace | undefined;
  readonly limit: number;
}

export interface FoundRecords {
  readonly records: StoredRecord[];
  /** Where the next page begins; undefined: this was the last. */
  readonly next?: RecordPlace | undefined;
}

/** Values that are looked at for a page where not all of them are wanted. */
const MOST_EXAMINED = 1000;
/** Beyond what is asked for, for those that are in the recycle bin. */
const SPARE = 100;

/** What leads: which property, by which of its forms, and which of its records. */
export interface Lead {
  readonly property: string;
  readonly kind: ValueKind;
  readonly key: 'value' | 'number';
  readonly isDescending: boolean;
  /** Those that have a key come first, then those that have none. */
  readonly parts: readonly ('keyed' | 'keyless')[];
}

const FIRST: readonly Compared['operator'][] = ['eq', 'prefix', 'gte', 'gt', 'lte', 'lt', 'none', 'any'];

/** The property that is sorted by, else that of the condition which leaves least. Undefined: nothing is asked for. */
export function leadOf({ conditions, sort }: Pick<RecordQuery, 'conditions' | 'sort'>): Lead | undefined {
  const [narrowest] = [...conditions].sort((a, b) => FIRST.indexOf(a.operator) - FIRST.indexOf(b.operator));
  const { property, kind } = sort ?? narrowest ?? {};
  if (property === undefined || kind === undefined) return undefined;
  const operators = conditions.filter((one) => one.property === property).map(({ operator }) => operator);
  const isKeyless = operators.includes('none');
  // Whether there is a value at all is asked of the text.
  const key = kind === 'text' || (isKeyless && !sort) ? 'value' : 'number';
  const isKeyed = operators.some((one) => one !== 'none' && (one !== 'any' || key === 'value'));
  const parts = [...(isKeyless ? [] : ['keyed' as const]), ...(isKeyed ? [] : ['keyless' as const])];
  return { property, kind, key, isDescending: sort?.isDescending ?? false, parts };
}

export async function findRecords(pool: Pool, of: RecordsOf, query: RecordQuery): Promise<FoundRecords> {
  const lead = leadOf(query);
  if (!lead) {
    const page = await recordsAfter(pool, of, { ...query, after: query.after?.id });
    const last = page.more ? page.records.at(-1) : undefined;
    return { records: page.records, next: last && { key: null, id: last.id } };
  }
  const records: StoredRecord[] = [];
  let after = query.after;
  for (const [n, part] of lead.parts.entries()) {
    if (part === 'keyed' && after?.key === null) continue;
    const limit = query.limit - records.length;
    const found = await pageOfPart(pool, of, { ...query, lead, part, after, limit });
    records.push(...found.records);
    if (found.next) return { records, next: found.next };
    after = undefined;
    if (records.length >= query.limit && n + 1 < lead.parts.length)
      return { records, next: { key: null, id: '0' } };
  }
  return { records };
}

interface Part extends RecordQuery {
  readonly lead: Lead;
  readonly part: Lead['parts'][number];
}

interface Row extends StoredRecord {
  readonly taken: boolean;
  readonly key: string | null;
  readonly examined: number;
  readonly edgeKey: string | null;
  readonly edgeId: string | null;
}

/**
 * Without statistics the planner takes a portal for one row, and would rather sort all of its values than walk an index
 * that is a page larger.
 */
export const IN_ORDER =
  'SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off';

async function pageOfPart(pool: Pool, of: RecordsOf, part: Part): Promise<FoundRecords> {
  const { text, values, most } = statementOf(of, part);
  const rows = await inWorkspace(pool, of.workspaceId, async (client) => {
    await client.query(IN_ORDER);
    return (await client.query<Row>(text, values)).rows;
  });
  const taken = rows.filter((row) => row.taken);
  const [edge, last] = [rows[0], taken.at(-1)];
  const records = taken.map(({ id, properties, createdAt, modifiedAt, readAt, version }) => ({
    ...{ id, properties, createdAt, modifiedAt, readAt, version },
  }));
  const foundMore = rows.some(({ id, taken: isTaken }) => id !== null && !isTaken);
  if (foundMore && last) return { records, next: { key: last.key, id: last.id } };
  if (edge && edge.examined >= most && edge.edgeId !== null)
    return { records, next: { key: edge.edgeKey, id: edge.edgeId } };
  return { records };
}

/** One page of a part of what leads, with the place up to which it was looked at. */
export function statementOf(of: RecordsOf, { lead, part, after, conditions, isArchived, limit }: Part) {
  const values: unknown[] = [];
  const $ = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const type = { w: $(of.workspaceId, 'uuid'), p: $(of.portalId, 'bigint'), t: $(of.objectType, 'text') };
  const ofType = (a: string) =>
    `${a}.workspace_id = ${type.w} AND ${a}.portal_id = ${type.p} AND ${a}.object_type = ${type.t}`;

  const { key } = lead;
  const ofLead = conditions.filter(({ property }) => property === lead.property);
  const others = conditions.filter((one) => !ofLead.includes(one));
  // By the record itself, which one index alone leads to: of two the planner takes the wrong one without statistics.
  const wanted = [
    `(r.archived_at IS NOT NULL) = ${$(isArchived, 'boolean')}`,
    ...others.flatMap((one) => {
      const text = `r.properties ->> ${$(one.property, 'text')}`;
      return holding(
        one,
        {
          text,
          value: `left(${text}, ${COMPARED_CHARACTERS}) COLLATE "C"`,
          number: numberOf(one.kind, text),
        },
        $,
      );
    }),
    ...conditions
      .filter(isCut)
      .map((one) => `r.properties ->> ${$(one.property, 'text')} = ${$(one.value, 'text')}`),
  ].join(' AND ');
  const ofValue = ofLead.flatMap(({ operator }) =>
    operator === 'any' ? [' AND c.value IS NOT NULL'] : operator === 'none' ? [' AND c.value IS NULL'] : [],
  );
  const isSelective =
    isArchived || conditions.length > ofLead.length || conditions.some(isCut) || ofValue.length > 0;
  const most = isSelective ? MOST_EXAMINED : limit + 1 + SPARE;

  const way = lead.isDescending ? 'DESC' : 'ASC';
  const walk = (): string => {
    const of1 = `SELECT v.record_id, v.value, v.number FROM crm_values v
                  WHERE ${ofType('v')} AND v.property = ${$(lead.property, 'text')} ${key === 'number' ? 'AND v.is_number' : ''}`;
    if (part === 'keyless')
      return `${of1} AND v.${key} IS NULL AND v.record_id > ${$(after?.key === null ? after.id : '0', 'bigint')}
              ORDER BY v.${key}, v.record_id LIMIT ${most}`;
    const from = after
      ? `AND (v.${key}, v.record_id) ${lead.isDescending ? '<' : '>'} (${$(after.key, 'text')}, ${$(after.id, 'bigint')})`
      : '';
    const within = ofLead
      .filter(({ operator }) => operator !== 'any')
      .flatMap((one) => holding(one, { text: 'v.value', value: 'v.value', number: 'v.number' }, $))
      .map((one) => `AND ${one}`);
    return `${of1} AND v.${key} IS NOT NULL ${within.join(' ')} ${from} ORDER BY v.${key} ${way}, v.record_id ${way} LIMIT ${most}`;
  };
  const order = part === 'keyed' ? `w.${key} ${way}, w.record_id ${way}` : 'w.record_id';
  const text = `
    WITH candidates AS MATERIALIZED (
      SELECT w.*, row_number() OVER (ORDER BY ${order}) AS n FROM (${walk()}) w
    ), matching AS MATERIALIZED (
      SELECT c.* FROM candidates c
       WHERE (SELECT ${wanted} FROM crm_records r WHERE ${ofType('r')} AND r.id = c.record_id)${ofValue.join('')} ORDER BY c.n LIMIT ${limit + 1}
    ), edge AS (
      SELECT n AS examined, record_id::text AS "edgeId", ${key}::text AS "edgeKey" FROM candidates ORDER BY n DESC LIMIT 1
    ), page AS (
      SELECT m.n, m.${key}::text AS key, r.*, sum(octet_length(r.properties::text)) OVER (ORDER BY m.n) AS bytes, row_number() OVER (ORDER BY m.n) AS place
        FROM matching m
       CROSS JOIN LATERAL (SELECT ${RECORD_COLUMNS} FROM crm_records r WHERE ${ofType('r')} AND r.id = m.record_id OFFSET 0) r
    )
    SELECT e.examined::int AS examined, e."edgeId", e."edgeKey", p.id, p.properties, p."createdAt", p."modifiedAt", p."readAt", p.version, p.key,
           coalesce(p.place <= ${limit} AND (p.place = 1 OR p.bytes <= ${MOST_BYTES}), false) AS taken
      FROM edge e LEFT JOIN page p ON true ORDER BY p.n`;
  return { text, values, most };
}

/** Compared by its beginning, which others may have as well. */
const isCut = ({ kind, operator, value }: Compared): boolean =>
  kind === 'text' && operator === 'eq' && [...value].length >= COMPARED_CHARACTERS;

const numberOf = (kind: ValueKind, text: string) =>
  `crm_number_key(crm_number('${kind}', ${text})) COLLATE "C"`;

/**
 * What holds, of a value by what it is compared by. An equality is a range, too: so its order stays the index's own.
 */
function holding(
  { kind, operator, value }: Compared,
  by: { readonly text: string; readonly value: string; readonly number: string },
  $: (value: unknown, type: string) => string,
): string[] {
  const than = (sign: string, given = value) =>
    kind === 'text'
      ? `${by.value} ${sign} ${$(given, 'text')}`
      : `${by.number} ${sign} ${numberOf(kind, $(given, 'text'))}`;
  switch (operator) {
    case 'eq': {
      const cut = kind === 'text' ? [...value].slice(0, COMPARED_CHARACTERS).join('') : value;
      return [than('>=', cut), than('<=', cut)];
    }
    case 'prefix': {
      const behind = behindPrefix(value);
      return [than('>='), ...(behind === undefined ? [] : [than('<', behind)])];
    }
    case 'gt':
      return [than('>')];
    case 'gte':
      return [than('>=')];
    case 'lt':
      return [than('<')];
    case 'lte':
      return [than('<=')];
    case 'any':
      return [`${by.text} IS NOT NULL`];
    case 'none':
      return [`${by.text} IS NULL`];
  }
}
