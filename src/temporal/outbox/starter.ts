import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import {
  deliveryWorkflowId,
  MORE_EVENTS_SIGNAL,
  OUTBOX_DELIVERY_WORKFLOW,
  OUTBOX_QUEUE,
  OUTBOX_REDRIVE_WORKFLOW,
  redriveWorkflowId,
  type OutboxDeliveryInput,
  type OutboxRedriveInput,
} from './contract.js';

export interface OutboxStarter {
  /** Starts the delivery of a portal's events, or signals the one that runs that there are more. */
  startDelivery(portal: OutboxDeliveryInput): Promise<void>;
  /** Starts a redrive; does nothing when it runs. */
  startRedrive(redrive: OutboxRedriveInput): Promise<void>;
  /** Asks a redrive to end. False when it does not run. */
  cancelRedrive(redriveId: string): Promise<boolean>;
}

export function createOutboxStarter(temporal: TemporalConnection): OutboxStarter {
  return {
    startDelivery: ({ workspaceId, portalId }) =>
      temporal.signalWithStart(
        {
          workflow: OUTBOX_DELIVERY_WORKFLOW,
          queue: OUTBOX_QUEUE,
          workflowId: deliveryWorkflowId(portalId),
          args: [{ workspaceId, portalId }],
          summary: `Delivers the events of portal ${portalId}`,
          searchAttributes: [{ key: searchAttributes.portalId, value: String(portalId) }],
        },
        MORE_EVENTS_SIGNAL,
      ),

    startRedrive: ({ workspaceId, redriveId }) =>
      temporal.start({
        workflow: OUTBOX_REDRIVE_WORKFLOW,
        queue: OUTBOX_QUEUE,
        workflowId: redriveWorkflowId(redriveId),
        args: [{ workspaceId, redriveId }],
        summary: 'Puts events of the outbox back on their way',
      }),

    cancelRedrive: (redriveId) => temporal.cancel(redriveWorkflowId(redriveId)),
  };
}
