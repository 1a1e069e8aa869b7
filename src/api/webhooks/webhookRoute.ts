import type { OwnedEvent } from '../../db/webhooks/intake.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { readWebhookEvent, type WebhookEvent } from '../../domain/webhooks/webhookEvent.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import type { Committer } from '../http/committer.js';
import { readJson } from '../http/signedBody.js';
import type { SignedAnswer, SignedCall, SignedRoute } from '../room.js';
import type { WebhookInstruments } from './instruments.js';

/** What one call brought, of portals that are connected here. */
export interface WebhookCall {
  /** Of the first event: a call is counted for one portal. */
  readonly portalId: number;
  readonly events: readonly OwnedEvent[];
}

/** What became of all events of the commit. */
export interface WebhooksTaken {
  /** Events of portals that their workspaces have no more: they were not stored. */
  readonly unowned: number;
}

interface Dependencies {
  readonly committer: Committer<WebhookCall, WebhooksTaken>;
  /** Keeps events of portals that are nobody's; resolves to how many are of a portal that is somebody's by now. */
  readonly keepStrays: (events: readonly WebhookEvent[]) => Promise<number>;
  readonly portals: PortalResolver;
  readonly logger: Logger;
  readonly metrics: WebhookInstruments;
}

const MAX_BYTES = 1024 * 1024;
/** HubSpot sends no more in one call (docs/hubspot.md#webhooks). */
const MAX_EVENTS = 100;
/** HubSpot tries a call of webhooks again by a plan of its own. */
const RETRY_AFTER_MS = 5000;

/**
 * `POST /api/integrations/hubspot/webhooks`: HubSpot brings events of all portals. 2xx only after the commit; doubt is
 * answered 503, so that HubSpot sends the call again. An event that is not understood is kept as it is.
 */
export function createWebhookRoute(deps: Dependencies): SignedRoute {
  const { committer, keepStrays, portals, logger, metrics } = deps;
  const seldom = createSeldom();

  async function answer({ body }: SignedCall): Promise<SignedAnswer> {
    const { json, reason } = readJson(body);
    if (reason !== undefined) return refuse(reason);
    if (!Array.isArray(json)) return refuse('The body is no array of events');
    if (json.length > MAX_EVENTS)
      return refuse(`The body has ${json.length} events, more than ${MAX_EVENTS}`);
    const events = json.flatMap((one, index) => readWebhookEvent(one) ?? unreadable(index));
    try {
      await take(events);
    } catch (error) {
      const known = error instanceof AppError ? error : undefined;
      const said = seldom(known?.code ?? 'failed');
      const message = 'Events of a webhook could not be committed; HubSpot will send them again';
      if (said) logger[known ? 'warn' : 'error'](message, { ...said, error });
      return {
        result: known?.code === 'too_many_requests' ? 'portal_busy' : 'unavailable',
        status: known?.status ?? 503,
        body: { message: 'Not committed; call again' },
        retryAfterMs: known?.details.retryAfterMs ?? RETRY_AFTER_MS,
      };
    }
    return { result: 'taken', status: 200, body: { taken: events.length } };
  }

  async function take(events: readonly WebhookEvent[]): Promise<void> {
    const owned: OwnedEvent[] = [];
    const strays: WebhookEvent[] = [];
    for (const event of events) {
      const portal = await portals.find(event.portalId);
      if (portal && portal.state !== 'disconnected') owned.push({ workspaceId: portal.workspaceId, event });
      else strays.push(event);
    }
    if (strays.length > 0) {
      if ((await keepStrays(strays)) > 0) throw moved();
      metrics.events('stray', strays.length);
      const portalId = strays[0]?.portalId;
      const said = seldom(`stray ${portalId}`);
      if (said) logger.warn('Events came for a portal that is not connected here', { portalId, ...said });
    }
    const [first] = owned;
    if (!first) return;
    const { unowned } = await committer.submit({ portalId: first.event.portalId, events: owned });
    if (unowned > 0) {
      for (const { event } of owned) portals.forget(event.portalId);
      throw moved();
    }
  }

  const moved = () =>
    new AppError('unavailable', 'A portal has come to another workspace a moment ago; call again', {
      retryAfterMs: RETRY_AFTER_MS,
    });

  /** Not even its portal can be read: nobody could find it again. */
  function unreadable(index: number): [] {
    metrics.events('unreadable', 1);
    const said = seldom('unreadable');
    if (said) logger.error('An event of a webhook names no portal; it is lost', { index, ...said });
    return [];
  }

  function refuse(message: string): SignedAnswer {
    const said = seldom(message);
    if (said) logger.error('A signed call of webhooks was refused', { reason: message, ...said });
    return { result: 'invalid', status: 400, body: { message } };
  }

  return {
    ...{ method: 'POST', path: '/api/integrations/hubspot/webhooks', maxBytes: MAX_BYTES },
    signatures: ['v1'],
    retryAfterUnit: 'milliseconds',
    answer,
    answered: (result, seconds) => metrics.answered(result, seconds),
  };
}
