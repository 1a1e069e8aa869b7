import type { FormerExecution } from '../../db/throttle/formerThrottle.js';
import { rateOf } from '../../domain/throttle/rate.js';

/** A call of an action, as HubSpot made it to an earlier throttle. */
export interface FormerCall {
  /** Of its row. */
  readonly id: string;
  readonly portalId: number;
  readonly callbackId: string;
  /** What waited together there, in its order. */
  readonly queue: string;
  /** As HubSpot would send it again. */
  readonly body: object;
  /** Its rate can be read. */
  readonly hasRate: boolean;
}

export interface RefusedExecution {
  readonly id: string;
  readonly field: string;
  readonly message: string;
}

/** `queue:portal:workflow:definition:place`; what HubSpot did not say is empty. */
const QUEUE = /^queue:([1-9]\d{0,14}):([^:]*):([^:]*):[^:]*$/;
const LONGEST_CALLBACK = 200;

/**
 * A row that waits as the call that it was. Which step of the workflow it is of stands in its callback, so that it
 * waits in one lane with what HubSpot calls for from now on.
 */
export function readFormerExecution(
  row: FormerExecution,
):
  | { readonly ok: true; readonly call: FormerCall }
  | { readonly ok: false; readonly refused: RefusedExecution } {
  const { id, queue, callback } = row;
  const refuse = (field: string, message: string) => ({
    ok: false as const,
    refused: { id, field, message },
  });
  if (callback === null || callback === '') return refuse('callback', 'is empty: HubSpot cannot be answered');
  if (callback.length > LONGEST_CALLBACK) return refuse('callback', 'is longer than any of HubSpot');
  const [, portal, workflow, definition] = QUEUE.exec(queue ?? '') ?? [];
  if (queue === null || portal === undefined)
    return refuse('queue', 'is not queue:portal:workflow:definition:place');
  const inputFields = { max_throughput: row.limit, time: row.time, period: row.period };
  return {
    ok: true,
    call: {
      ...{ id, portalId: Number(portal), callbackId: callback, queue },
      body: {
        callbackId: callback,
        origin: { portalId: Number(portal), ...(definition && { actionDefinitionId: definition }) },
        context: { source: 'WORKFLOWS', ...(workflow && { workflowId: workflow }) },
        inputFields,
      },
      hasRate: rateOf(row.limit, row.time, row.period).ok,
    },
  };
}
