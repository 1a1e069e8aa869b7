import type { NewEvent } from '../../src/db/outbox/enqueue.js';
import { bodyHash } from '../../src/services/outbox/bodyHash.js';

/** An event that is ready for the outbox; `n` makes it differ from others. */
export function newEvent(
  portal: { workspaceId: string; portalId: number },
  n: number,
  more: Partial<NewEvent> = {},
): NewEvent {
  const { type = 'nova_earned', payload = JSON.stringify({ n }) } = more;
  return {
    ...portal,
    id: null,
    type,
    version: 1,
    orderingKey: null,
    eventKey: null,
    bodyHash: bodyHash(type, payload),
    payload,
    occurredAt: null,
    capturedAt: null,
    invalid: null,
    ...more,
  };
}
