import { MOST_CONSUMERS, USUAL_LAG_MINUTES } from '../../domain/crm/consumer.js';
import type { Pool } from '../pool.js';
import type { ChangeFilter } from './changes.js';

/** A handler of the feed, as what a workspace has of it. */
export interface HandlerConsumer extends ChangeFilter {
  readonly name: string;
}

/** `taken`: a consumer of the workspace has the name. `full`: it has as many consumers as it may. */
export interface HandlerConsumerDone {
  readonly workspaceId: string;
  readonly name: string;
  readonly did: 'made' | 'set' | 'taken' | 'full';
}

/** Makes what is missing in any workspace, so many at most; `set`: what they want is set, too. */
export async function keepHandlerConsumers(
  pool: Pool,
  handlers: readonly HandlerConsumer[],
  { set, most }: { readonly set: boolean; readonly most: number },
): Promise<HandlerConsumerDone[]> {
  const { rows } = await pool.query<HandlerConsumerDone>(
    'SELECT workspace_id AS "workspaceId", name, did FROM consumers_of_handlers($1, $2, $3, $4, $5)',
    [JSON.stringify(handlers), set, most, MOST_CONSUMERS, USUAL_LAG_MINUTES],
  );
  return rows;
}
