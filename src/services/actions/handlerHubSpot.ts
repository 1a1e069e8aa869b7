import { z } from 'zod';
import type { RunRef } from '../../db/actions/runs.js';
import type { Gateway, Outcome } from '../../hubspot/gateway/gateway.js';
import { HubSpotRefused, type ActionHubSpot, type HubSpotRecord } from '../../sdk/actions/actionHubSpot.js';

const recordSchema = z.object({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()).default({}),
});

/** What a handler asks HubSpot goes by the gateway, for the portal of its run and nobody else's. */
export function createHandlerHubSpot(
  gateway: Pick<Gateway, 'request'>,
  { workspaceId, portalId }: RunRef,
  signal: AbortSignal,
): ActionHubSpot {
  const ours = { workspaceId, portalId, priority: 'outbox', maySend: () => !signal.aborted } as const;
  return {
    async readRecord(objectType, objectId, properties) {
      const outcome = await gateway.request({
        ...ours,
        resource: 'readObject',
        params: { objectType, objectId },
        query: { properties: [...properties] },
      });
      return outcome.kind === 'notFound' ? undefined : recordOf(outcome);
    },
    async createRecord(objectType, properties) {
      return recordOf(
        await gateway.request({
          ...ours,
          resource: 'createObject',
          params: { objectType },
          body: { properties, associations: [] },
        }),
      );
    },
    async updateRecord(objectType, objectId, properties) {
      return recordOf(
        await gateway.request({
          ...ours,
          resource: 'updateObject',
          params: { objectType, objectId },
          body: { properties },
        }),
      );
    },
  };
}

function recordOf(outcome: Outcome): HubSpotRecord {
  const status = 'status' in outcome ? outcome.status : undefined;
  if (outcome.kind !== 'ok') {
    const said = 'message' in outcome ? outcome.message : outcome.kind;
    throw new HubSpotRefused(outcome.kind, status, said);
  }
  const read = recordSchema.safeParse(outcome.body);
  if (!read.success)
    throw new HubSpotRefused('unknown', status, 'What HubSpot answers is no record; it may have been done');
  return read.data;
}
