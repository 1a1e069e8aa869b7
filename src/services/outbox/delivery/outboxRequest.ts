import type { ParamsOf } from '../../../hubspot/wire/paths.js';
import type { BodyOf } from '../../../hubspot/wire/requests.js';

/** What the outbox asks HubSpot for. */
type OutboxResource =
  | 'readObjects'
  | 'createObjects'
  | 'updateObjects'
  | 'upsertObjects'
  | 'searchObjects'
  | 'createDefaultAssociations'
  | 'createAssociations'
  | 'readAssociations'
  | 'sendEvents'
  | 'createTimelineEvents';

/** A request to HubSpot as data, in the words of the gateway: who sends it adds the portal and the priority. */
export type OutboxRequest = {
  [R in OutboxResource]: { readonly resource: R; readonly params: ParamsOf<R>; readonly body: BodyOf<R> };
}[OutboxResource];
