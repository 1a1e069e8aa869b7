import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { inWorkspace } from '../../db/tenant.js';
import { HIT_KINDS, HITS_OF_A_KIND, shownHit, type Hit } from '../../domain/search/hits.js';
import { portalId } from '../http/answers.js';
import { hasScope } from '../http/authenticate.js';
import { textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import type { SearchSource } from './searchSource.js';

interface Dependencies {
  readonly pool: Pool;
  readonly sources: readonly SearchSource[];
}

/** As long as the longest id: a callback, or the key of an event. */
const MAX_TEXT = 300;

const hitSchema = z
  .strictObject({
    kind: z.enum(HIT_KINDS),
    id: z.string(),
    portalId: portalId.nullable(),
    what: z.string().meta({ description: 'In a line: what it is, and how it stands' }),
    command: z.string().meta({ description: 'What shows it' }),
    path: z.string().meta({ description: 'Of this API: what shows it' }),
  })
  .meta({ id: 'Hit' });

/** Finds a thing by its id, whichever kind of id it is. */
export const SEARCH_OPERATIONS = [
  defineOperation({
    id: 'search',
    method: 'get',
    path: '/api/search',
    tag: 'Status',
    scopes: ['throttle:read', 'portals:read', 'outbox', 'audit:read', 'crm'],
    summary: 'Find a thing by its id, whichever kind of id it is',
    description:
      "Exact matches alone: the number of a portal; the id or key of a lane, its queue, its workflow at HubSpot; the id of an execution, its callback, its record, its Temporal workflow; the id or key of an event, a record that it made; the id of a registration, the `Idempotency-Key` of its request; HubSpot's correlation id of a request that failed; the id of a redrive, a notice, an API key. The `X-Request-Id` of a request to this API is in its log. A key sees what its scopes let it see.",
    input: { query: z.strictObject({ q: textSchema(MAX_TEXT) }) },
    answers: {
      200: {
        description: 'What has this id, the newest of a kind first',
        body: z
          .strictObject({
            items: z.array(hitSchema),
            more: z.array(z.enum(HIT_KINDS)).meta({
              description: `Kinds of which more have it than are named: ${HITS_OF_A_KIND} of each are`,
            }),
            unseen: z.array(z.string()).meta({
              description: 'Scopes that the key lacks: what belongs to them was not looked through',
            }),
          })
          .meta({ id: 'SearchResult' }),
        example: {
          items: [
            {
              kind: 'execution',
              id: '700',
              portalId: 41_000_009,
              what: 'Execution of record 100456363381, completed',
              command: 'npx sluice executions show 700',
              path: '/api/executions/700',
            },
          ],
          more: [],
          unseen: [],
        },
      },
    },
    errors: [],
    example: { query: { q: '100456363381' } },
    async run({ pool, sources }: Dependencies, { workspaceId, key }, { query: { q } }) {
      const maySee = (source: SearchSource) => source.scopes.some((scope) => hasScope(key, scope));
      const hits = await inWorkspace(pool, workspaceId, async (db) => {
        const all: Hit[] = [];
        for (const source of sources.filter(maySee))
          all.push(...(await source.search(db, workspaceId, q, HITS_OF_A_KIND + 1)));
        return all;
      });
      const ofKind = HIT_KINDS.map((kind) => hits.filter((hit) => hit.kind === kind));
      const lacking = sources.filter((source) => !maySee(source)).map(({ scopes: [first] }) => first);
      return {
        status: 200,
        body: {
          items: ofKind.flatMap((some) => some.slice(0, HITS_OF_A_KIND)).map(shownHit),
          more: HIT_KINDS.filter((_kind, n) => (ofKind[n]?.length ?? 0) > HITS_OF_A_KIND),
          unseen: [...new Set(lacking)],
        },
      };
    },
  }),
] as const;
