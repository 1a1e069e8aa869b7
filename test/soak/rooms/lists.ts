import { hashApiKey } from '../../../src/db/workspaces/apiKeys.js';
import { hammerLists, otherTenant, type ListAnswer } from '../../support/otherTenant.js';
import type { SoakRoom } from '../room.js';

const HISTORY_ROWS = 5000;
/** Answers of a service that is well, or that says when to come again. */
const EXPECTED = [200, 429, 503];
/** Callers at once, within the limit of their key (1,200 a minute). */
const CALLERS = 1;

/** Another tenant, who asks for lists all the time, and never sees what is not its own. */
export const listsRoom: SoakRoom = {
  name: 'lists',

  async prepare({ stack }) {
    const key = await otherTenant(stack, HISTORY_ROWS);
    const counts = new Map<number, number>();
    const problems = new Set<string>();
    const seen = new Set<string>();
    function heard(answer: ListAnswer | undefined): void {
      if (answer === undefined) return;
      const { path, status, body } = answer;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (!EXPECTED.includes(status)) problems.add(`${path} was answered ${status}: ${body.slice(0, 200)}`);
      for (const [, id] of body.matchAll(/"portalId":(\d+)/g)) seen.add(id!);
    }
    const answered = () => counts.get(200) ?? 0;
    return {
      load: (end) => hammerLists(stack, key, CALLERS, end, heard),
      progress: () => Promise.resolve({ done: answered(), waiting: 0 }),
      drain: () => Promise.resolve(),
      async judge() {
        if (answered() === 0) problems.add('No list was answered');
        if (await tellsOfOthers()) problems.add("A list told of another tenant's portal");
        return {
          problems: [...problems],
          figures: [...counts].sort(([a], [b]) => a - b).map(([status, n]) => [String(status), n] as const),
        };
      },
    };

    async function tellsOfOthers(): Promise<boolean> {
      const { rowCount } = await stack.pool.query(
        `SELECT FROM portals p JOIN api_keys k ON k.workspace_id = p.workspace_id
          WHERE k.key_hash <> $1 AND p.portal_id = ANY ($2)`,
        [hashApiKey(key), [...seen]],
      );
      return (rowCount ?? 0) > 0;
    }
  },
};
