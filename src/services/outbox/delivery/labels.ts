import { groupedBy } from '../../../domain/groupedBy.js';
import { isAssociationCategory } from '../../../domain/hubspot/associationCategories.js';
import { passOn, type Repetition } from '../../../domain/hubspot/repetition.js';
import type { AssociationType } from '../../../domain/outbox/effects.js';
import type { RowError } from '../../../hubspot/wire/outcomes.js';
import { saysAbsent } from './afterLookUp.js';
import { associationsRead } from './answeredRecord.js';
import type { BatchState } from './batchState.js';
import { failureOfRow, unknownRow, type Failure } from './failure.js';
import { labelReads } from './labelReads.js';
import type { LinkItem } from './rows.js';

/*
 * HubSpot replaces the labels of two records by those that are written. So those that stand are read first, and written
 * again with those that are added: of two who add one at the same moment one may be lost all the same.
 */

/** Of one record so many pages are read, some two million associations: behind them nobody looks for a pair. */
const MOST_PAGES = 4000;

/** Goes on with pairs whose labels were read: what is missing is written beside what stands. */
export function keepLabels(
  state: BatchState,
  items: readonly LinkItem[],
  body: unknown,
  errors: readonly RowError[],
): void {
  const pairs = groupedBy(items, ({ pair }) => `${pair.from.id}>${pair.to.id}`);
  const seen = associationsRead(body);
  const write: LinkItem[] = [];
  const again: LinkItem[] = [];
  for (const together of pairs.values()) {
    const [first] = together;
    const { standing, next, failure } = standingOf(first, seen, errors);
    if (failure) for (const { row } of together) state.fail(row, failure);
    else if (next) again.push(...together.map((item) => ({ ...item, ...next })));
    else {
      const added = together.flatMap(({ pair: { types = [] } }) => types);
      const types = distinct([...standing, ...added]);
      // A label that is there already is as good as written.
      if (types.length > distinct(standing).length)
        write.push(...together.map((item) => ({ ...item, pair: { ...item.pair, types } })));
    }
  }
  state.add('link', write);
  for (const some of labelReads(again)) state.addAgain({ do: 'labels', items: some });
}

/** What HubSpot says of a pair. */
interface Standing {
  readonly standing: readonly AssociationType[];
  /** It has not said it yet: how it is asked again. */
  readonly next?: Pick<LinkItem, 'after' | 'again' | 'repetition'>;
  readonly failure?: Failure;
}

function standingOf(
  { pair, after, again, repetition }: LinkItem,
  seen: ReturnType<typeof associationsRead>,
  errors: readonly RowError[],
): Standing {
  const unclear: Standing = { standing: [], failure: unknownRow({ harmless: true }) };
  const record = seen.records.find(({ from }) => from.id === pair.from.id);
  if (record) {
    const other = record.to.find(({ toObjectId }) => toObjectId === pair.to.id);
    const types = (other?.associationTypes ?? []).flatMap((one) => typeOf(one) ?? []);
    // No two records are associated without a type.
    const isClear = types.length > 0 && types.length === other?.associationTypes.length;
    if (other) return isClear ? { standing: types } : unclear;
    if (record.isWhole) return { standing: [] };
    const passed = record.after === undefined ? undefined : pageAfter(repetition, record.after);
    return record.after !== undefined && passed
      ? { standing: [], next: { after: record.after, repetition: passed } }
      : unclear;
  }
  if (seen.hasUnread) return unclear;
  const error =
    errors.find(({ ids }) => ids.includes(pair.from.id)) ?? errors.find(({ ids }) => ids.length === 0);
  if (error && saysAbsent(error.category)) return { standing: [] };
  // Of a record without any HubSpot may say nothing at all (docs/hubspot.md#associations): believed the second time.
  if (!again)
    return {
      standing: [],
      next: { again: true, ...(after !== undefined && { after }), ...(repetition && { repetition }) },
    };
  if (error) return { standing: [], failure: failureOfRow(error) };
  return errors.length > 0 || after !== undefined ? unclear : { standing: [] };
}

/** Undefined: the pages lead back, or to no end. */
function pageAfter(before: Repetition | undefined, next: string): Repetition | undefined {
  const passed = passOn(before, next);
  return passed === 'repeated' || passed.most + passed.passed > MOST_PAGES ? undefined : passed;
}

function typeOf(one: { category: string; typeId: number } | null): AssociationType | undefined {
  if (!one) return undefined;
  const { category, typeId } = one;
  return isAssociationCategory(category) ? { category, typeId } : undefined;
}

/** Each once. */
function distinct(types: readonly AssociationType[]): AssociationType[] {
  return [...new Map(types.map((one) => [`${one.category}/${one.typeId}`, one])).values()];
}
