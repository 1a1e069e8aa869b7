import type { Answers } from '../api.js';
import type { Context } from '../context.js';
import { moment, sheet } from '../output.js';

/** Where a record's state came from, for people: the record, the state of its type, and what the feed has of it. */
export function explained(context: Context, found: Answers['RecordExplanation']): string {
  const { record, sync, mergedInto, changes, complete } = found;
  const head = sheet([
    ['record', `${found.objectType} ${found.recordId} of portal ${found.portalId}`],
    ['merged into', mergedInto],
    ['in the mirror', record === null ? 'no' : record.archivedAt === null ? 'yes' : 'in the recycle bin'],
    ['read by', record?.source],
    ['read', moment(record?.readAt)],
    ['modified', moment(record?.modifiedAt)],
    ['created', moment(record?.createdAt)],
    ['archived', moment(record?.archivedAt)],
    ['version', record?.version],
    ['values', record?.properties],
    ['its type', sync.state],
    ['fresh until', moment(sync.freshUntil)],
    ['because', sync.pause?.reason ?? sync.failure?.message],
  ]);
  const table = context.table(
    ['recorded', 'action', 'initial', 'happened', 'properties'],
    changes.map((one) => [
      ...[moment(one.recordedAt), one.action, one.initial, moment(one.happenedAt), one.changed.join(', ')],
    ]),
  );
  const rest = complete ? '' : '\nThe feed may have older ones.';
  return `${head}\n\nIn the feed, the newest first:\n${table}${rest}`;
}
