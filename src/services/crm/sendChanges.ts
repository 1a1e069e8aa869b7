import type { StoredChange } from '../../db/crm/changes.js';
import { LEASE_MS, renewDelivery, type DeliveryClaim } from '../../db/crm/deliveries.js';
import type { Pool } from '../../db/pool.js';
import { isRefusal } from '../../domain/crm/consumer.js';
import { moment, passedMs } from '../../platform/bothClocks.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { OutboundCalls } from '../../platform/outbound/outboundCalls.js';
import { signBody } from '../../platform/outbound/signBody.js';
import { consumerSecretContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import { changeAnswer } from './changeAnswer.js';
import type { FeedPlaces } from './feedPlaces.js';

/** What a call says of the feed, beside its changes. */
export interface AboutFeed {
  /** The database was restored since the last call: what was changed after the copy comes again. */
  readonly restored: boolean;
  /** Changes were removed before they were sent. */
  readonly expired: boolean;
}

export type SendResult =
  | { readonly kind: 'taken' }
  /** The receiver speaks of these changes: a repeat would change nothing. */
  | { readonly kind: 'refused'; readonly status: number; readonly why?: string }
  | { readonly kind: 'failed'; readonly why: string }
  /** The worker stops: it is sent again by the next one, and nothing has failed. */
  | { readonly kind: 'stopped' }
  /** The consumer is not this worker's any more, or is paused: nothing was sent. */
  | { readonly kind: 'lost' };

export type SendChanges = (changes: readonly StoredChange[], about: AboutFeed) => Promise<SendResult>;

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Sealing;
  readonly outbound: OutboundCalls;
}

/**
 * What is sent is on its way so soon after the consumer was found to be this worker's: with the time that a call may
 * last it is over before the lease, after which another worker may send what follows.
 */
const FRESH_MS = LEASE_MS / 2;

/** Calls the URL of a webhook, signed, while the consumer is this worker's. */
export async function webhookCalls(
  { pool, sealing, outbound }: Dependencies,
  claim: DeliveryClaim & { readonly url: string },
  places: FeedPlaces,
): Promise<SendChanges> {
  const { workspaceId, consumerId, name, url, secretSealed } = claim;
  const secret =
    secretSealed === null
      ? undefined
      : await sealing.open(secretSealed, consumerSecretContext(workspaceId, consumerId));
  return async (changes, about) => {
    const askedAt = moment();
    const nowSeconds = await renewDelivery(pool, claim);
    if (nowSeconds === undefined) return { kind: 'lost' };
    crashPoint('crm.delivery.renewed');
    const items = changes.map((change) => changeAnswer(change, places.positionOf(change)));
    const body = JSON.stringify({ consumer: name, workspaceId, ...about, items });
    if (passedMs(askedAt) > FRESH_MS)
      return { kind: 'failed', why: 'It was not called: the worker that was to call it stood still' };
    const result = await outbound.post({
      url,
      body,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'sluice',
        'x-sluice-consumer': name,
        ...(secret && { 'x-sluice-signature': signBody(secret, body, nowSeconds) }),
      },
    });
    if (result.kind !== 'answered') return { kind: 'failed', why: result.why };
    if (result.status >= 200 && result.status < 300) return { kind: 'taken' };
    if (isRefusal(result.status)) return { kind: 'refused', status: result.status };
    return { kind: 'failed', why: `It answered ${result.status}` };
  };
}
