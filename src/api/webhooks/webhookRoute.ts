import { describeDataError, isDataError } from '../../db/dataError.js';
import type { OwnedEvent } from '../../db/webhooks/intake.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { readWebhookEvent, type WebhookEvent } from '../../domain/webhooks/webhookEvent.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import type { Committable, Committer } from '../http/committer.js';
import { readJson } from '../http/signedBody.js';
import type { SignedAnswer, SignedCall, SignedRoute } from '../room.js';
import type { WebhookInstruments } from './instruments.js';

/** An event of a portal that is connected here. */
export interface EventSent extends OwnedEvent, Committable {}

/** An event of a portal that is nobody's. */
export interface StraySent extends Committable {
  readonly event: WebhookEvent;
}

export interface EventKept {
  /** Its portal came to be another's meanwhile, or somebody's: it was not stored. */
  readonly isKept: boolean;
}

interface Dependencies {
  readonly committer: Committer<EventSent, EventKept>;
  readonly strays: Committer<StraySent, EventKept>;
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
  const { committer, strays, portals, logger, metrics } = deps;
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
    const ids = [...new Set(events.map(({ portalId }) => portalId))];
    // In one turn of the event loop: they are looked up in one statement.
    const found = new Map(await Promise.all(ids.map(async (id) => [id, await portals.find(id)] as const)));
    const results = await Promise.allSettled(
      events.map((event) => {
        const { portalId } = event;
        const portal = found.get(portalId);
        if (portal && portal.state !== 'disconnected')
          return committer.submit({ portalId, workspaceId: portal.workspaceId, event });
        const said = seldom(`stray ${portalId}`);
        if (said) logger.warn('Events came for a portal that is not connected here', { portalId, ...said });
        return strays.submit({ portalId, event });
      }),
    );
    const failed = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    for (const reason of failed) if (isDataError(reason)) refused(reason);
    const inDoubt = failed.find((reason) => !isDataError(reason));
    if (inDoubt !== undefined)
      throw inDoubt instanceof Error ? inDoubt : new Error('Not committed', { cause: inDoubt });
    const isMoved = results.some((one) => one.status === 'fulfilled' && !one.value.isKept);
    if (!isMoved) return;
    for (const id of ids) portals.forget(id);
    throw moved();
  }

  /** It would be refused each time that HubSpot sends it. */
  function refused(reason: unknown): void {
    metrics.events('refused', 1);
    const code = describeDataError(reason);
    const said = seldom(`refused ${code}`);
    if (said)
      logger.error('An event of a webhook is refused by the database, and left out', { code, ...said });
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
