import { z } from 'zod';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { recordSchema, understood } from '../sync/hubspotAnswers.js';
import { refusedBy } from '../sync/syncRefused.js';

export interface ListAsked {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
  readonly limit: number;
  readonly after: string | undefined;
  /** None: those that HubSpot shows by itself. */
  readonly properties: readonly string[];
  readonly newestFirst: boolean;
}

const READ_MS = 15_000;
const anyCursor = z.union([z.string(), z.number()]).transform(String);
const pageSchema = z.object({
  results: z.array(recordSchema),
  paging: z.object({ next: z.object({ after: anyCursor }).nullish() }).nullish(),
});

/** HubSpot's own page of records, as it stands there now. Rejects with SyncRefused. */
export async function listFromHubSpot(
  gateway: Pick<Gateway, 'request'>,
  { workspaceId, portalId, objectType, limit, after, properties, newestFirst }: ListAsked,
) {
  const how = { portalId, workspaceId, priority: 'interactive', deadlineMs: READ_MS } as const;
  const outcome = newestFirst
    ? await gateway.request({
        ...{ ...how, resource: 'searchObjects', params: { objectType } },
        body: {
          filterGroups: [],
          properties,
          sorts: [{ propertyName: createdProperty(objectType), direction: 'DESCENDING' }],
          limit,
          after: after ?? '0',
        },
      })
    : await gateway.request({
        ...{ ...how, resource: 'listObjects', params: { objectType } },
        query: {
          ...{ limit, archived: false },
          ...(after !== undefined && { after }),
          ...(properties.length > 0 && { properties }),
        },
      });
  if (outcome.kind !== 'ok') throw refusedBy(outcome, objectType);
  const { results, paging } = understood(pageSchema, outcome.body);
  return { records: results, next: paging?.next?.after ?? null };
}

/** The older types have the property without a prefix (docs/hubspot.md). */
const createdProperty = (objectType: string): string =>
  ['contacts', 'companies', 'deals', 'tickets'].includes(objectType) ? 'createdate' : 'hs_createdate';
