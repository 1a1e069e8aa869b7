import {
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { OutboxActivities } from '../../activities/outbox/outboxActivities.js';
import {
  MORE_EVENTS_SIGNAL,
  type OutboxDeliveryInput,
  type OutboxDeliveryResult,
} from '../../temporal/outbox/contract.js';

const HISTORY_LIMIT = 1000;

const more = defineSignal(MORE_EVENTS_SIGNAL);

const { deliverEvents } = proxyActivities<OutboxActivities>({
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '10 seconds',
  // An activity that fails was on a worker that died, or without its database: what HubSpot says it sees to itself.
  // So the next one may begin soon.
  retry: { initialInterval: '1 second', backoffCoefficient: 1.5, maximumInterval: '5 seconds' },
});

/**
 * Delivers a portal's events for as long as there are any. It is started by whoever brings the first, and gone when
 * there is nothing to do; what waits for its time is found by the relay.
 */
export async function outboxDelivery(input: OutboxDeliveryInput): Promise<OutboxDeliveryResult> {
  const total = { done: 0, retried: 0, dead: 0 };
  const inbound = { nudged: false };
  // Temporal does not let a workflow end over a signal that it has not seen: none that comes at the last moment is
  // lost.
  setHandler(more, () => void (inbound.nudged = true));
  for (;;) {
    inbound.nudged = false;
    const round = await deliverEvents.executeWithOptions(
      { summary: `Delivers what is ready of portal ${input.portalId}` },
      [input],
    );
    total.done += round.done;
    total.retried += round.retried;
    total.dead += round.dead;
    setCurrentDetails(`${total.done} events done, ${total.retried} to be tried again, ${total.dead} dead`);
    if (round.idle && !inbound.nudged) return total;
    if (workflowInfo().historyLength > HISTORY_LIMIT) await continueAsNew<typeof outboxDelivery>(input);
  }
}
