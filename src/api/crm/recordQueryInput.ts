import { z } from 'zod';
import { declaredProperties, type DeclaredProperty } from '../../db/crm/declaredProperties.js';
import type { RecordQuery } from '../../db/crm/foundRecords.js';
import type { RecordsOf } from '../../db/crm/records.js';
import type { Queryable } from '../../db/pool.js';
import { PROPERTY_NAME } from '../../domain/crm/declaredProperty.js';
import {
  comparedBy,
  OPERATORS,
  readCondition,
  readPlace,
  type Compared,
  type RecordPlace,
} from '../../domain/crm/recordQuery.js';
import { AppError, type FieldProblem } from '../../platform/errors.js';
import { invalidInput } from '../http/input.js';
import { recordIdSchema } from './recordAnswers.js';

/** Declared properties of a type: each costs each write of a record something. */
export const MOST_DECLARED = 20;
const MOST_CONDITIONS = 10;
const FORM = `property:operator:value, with one of ${OPERATORS.join(', ')}; any and none take no value`;

const conditionSchema = z.string().transform((text, context) => {
  const condition = readCondition(text);
  if (!condition) context.addIssue({ code: 'custom', message: `must be ${FORM}` });
  return condition ?? z.NEVER;
});

/** What the records of a list are found and sorted by. */
export const RECORD_QUERY = {
  filter: z
    .preprocess(
      (given) => (typeof given === 'string' ? [given] : given),
      z.array(conditionSchema).min(1).max(MOST_CONDITIONS),
    )
    .optional()
    .meta({
      description: `Of declared properties: \`${FORM}\`. Several may be given, all of which hold`,
      override: { type: 'array', items: { type: 'string' }, maxItems: MOST_CONDITIONS },
    }),
  sort: z
    .string()
    .refine((text) => PROPERTY_NAME.test(text.replace(/^-/, '')), 'must be a property, or -property')
    .optional()
    .meta({ description: 'A declared property; with - before it in descending order' }),
  archived: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Those in the recycle bin, instead of those that are not' })
    .transform((text) => text === 'true'),
};

interface Asked {
  readonly filter?:
    readonly { property: string; operator: Compared['operator']; value: string }[] | undefined;
  readonly sort?: string | undefined;
  readonly archived: boolean;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What was asked, by what is declared. What is not declared is refused, with what is and how more is. */
export async function recordQueryOf(db: Queryable, of: RecordsOf, asked: Asked): Promise<RecordQuery> {
  const sorted = asked.sort?.replace(/^-/, '');
  const filters = asked.filter ?? [];
  const named: [path: string, property: string][] = filters.map(({ property }, n) => [
    `filter.${n}`,
    property,
  ]);
  if (sorted !== undefined) named.push(['sort', sorted]);
  const declared = named.length === 0 ? [] : await declaredProperties(db, of, { limit: 2 * MOST_DECLARED });
  const ready = new Map(named.map(([path, name]) => [name, declaredOne(of, declared, path, name)]));

  const problems: FieldProblem[] = [];
  const conditions = filters.flatMap((condition, n) => {
    const { kind = 'text' } = ready.get(condition.property) ?? {};
    const compared = comparedBy(kind, condition);
    if (typeof compared !== 'string') return [compared];
    problems.push({ path: `filter.${n}`, message: compared });
    return [];
  });
  if (problems.length > 0) throw invalidInput(problems);
  const kind = sorted === undefined ? undefined : ready.get(sorted)?.kind;
  const sort =
    sorted === undefined || kind === undefined
      ? undefined
      : { property: sorted, kind, isDescending: asked.sort !== sorted };
  const after = placeOf(asked.after, named.length > 0);
  return { conditions, sort, isArchived: asked.archived, after, limit: asked.limit };
}

function declaredOne(
  { portalId, objectType }: RecordsOf,
  declared: readonly DeclaredProperty[],
  path: string,
  name: string,
): DeclaredProperty {
  const found = declared.find(({ property, state }) => property === name && state !== 'leaving');
  if (found?.state === 'ready') return found;
  if (found)
    throw new AppError(
      'conflict',
      `${name} was declared and is being filled in (${found.filled} records so far): npx sluice records declared ${objectType} --portal ${portalId}`,
    );
  const names = declared.filter(({ state }) => state !== 'leaving').map(({ property }) => property);
  const list = names.length === 0 ? 'none is declared' : `declared are ${names.join(', ')}`;
  throw invalidInput([
    {
      path,
      message: `${name} is not declared, so records are not found by it (${list}): npx sluice records declare ${objectType} ${name} --portal ${portalId}`,
    },
  ]);
}

/** Ids lead where nothing else does. */
function placeOf(after: string | undefined, isLed: boolean): RecordPlace | undefined {
  if (after === undefined) return undefined;
  const id = recordIdSchema.safeParse(after);
  const place = isLed ? readPlace(after) : id.success ? { key: null, id: id.data } : undefined;
  if (place) return place;
  throw invalidInput([{ path: 'after', message: 'must be the `next` of the page before' }]);
}
