import type { StoredChange } from '../../db/crm/changes.js';
import type { ChangeAction, ChangedAssociation, ChangedValue } from '../../domain/crm/change.js';
import { readText } from '../../domain/crm/storedText.js';

/** A change as the API and webhooks tell it: they say the same. */
export function changeAnswer(row: StoredChange, position: string) {
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
