import type { Queryable } from '../../db/pool.js';
import type { Scope } from '../../db/workspaces/apiKeys.js';
import type { Hit } from '../../domain/search/hits.js';

/**
 * What a room finds by an id: exact matches, by indexes, on the connection that it is given, which sees one workspace.
 */
export interface SearchSource {
  /** A key with one of these may see what it finds. */
  readonly scopes: readonly [Scope, ...Scope[]];
  /** At most `most` of each kind, the newest first. */
  search(db: Queryable, workspaceId: string, text: string, most: number): Promise<readonly Hit[]>;
}
