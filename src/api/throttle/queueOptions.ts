import { findQueues, listQueues, type Queue } from '../../db/throttle/queues.js';
import type { Queryable } from '../../db/pool.js';
import { queueNameOf, type QueueName } from '../../domain/throttle/queueName.js';

interface Asked {
  readonly workspaceId: string;
  readonly portalId: number;
  /** What was typed. */
  readonly query: string | undefined;
  readonly after: string | undefined;
  /** The fields of the step that are filled in. */
  readonly inputs: Readonly<Record<string, string>>;
}

const A_PAGE = 50;

/**
 * The queues of a portal, as a drop-down has them. A name that was typed can be chosen whether there is such a queue or
 * not, and so can the one that the step has: a queue begins to be with its first record.
 */
export async function queueOptions(db: Queryable, { workspaceId, portalId, query, after, inputs }: Asked) {
  const typed = queueNameOf(query);
  const chosen = queueNameOf(inputs['queue']);
  const first = [typed, chosen].filter((name): name is QueueName => name !== null);
  const named = new Map(first.reverse().map((name) => [name.folded, name]));
  const queues = await listQueues(db, {
    ...{ workspaceId, portalId, search: typed?.folded, after, besides: [...named.keys()] },
    limit: A_PAGE + 1,
  });
  const pinned = after === undefined ? await asOptions(db, workspaceId, portalId, named) : [];
  const shown = queues.slice(0, A_PAGE);
  const last = shown.at(-1);
  return {
    options: [...pinned, ...shown.map(asOption)],
    ...(queues.length > A_PAGE && last && { after: last.folded }),
    searchable: true,
  };
}

async function asOptions(
  db: Queryable,
  workspaceId: string,
  portalId: number,
  named: ReadonlyMap<string, QueueName>,
) {
  if (named.size === 0) return [];
  const found = await findQueues(db, workspaceId, portalId, [...named.keys()]);
  const byFolded = new Map(found.map((queue) => [queue.folded, queue]));
  return [...named.values()].map(({ name, folded }) => {
    const queue = byFolded.get(folded);
    return queue
      ? asOption(queue)
      : { label: name, value: name, description: 'No record has come to it yet' };
  });
}

const asOption = ({ name }: Queue) => ({ label: name, value: name });
