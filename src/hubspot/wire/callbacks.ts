import type { CallbackCompletionBatchRequest } from '@hubspot/api-client/lib/codegen/automation/actions/models/CallbackCompletionBatchRequest.js';
import type { CallbackCompletionRequest } from '@hubspot/api-client/lib/codegen/automation/actions/models/CallbackCompletionRequest.js';

/*
 * Bodies of callback completions, on the official client's types. HubSpot's description requires `typedOutputs`, though
 * live code does without. A bare `hs_execution_state` outside `outputFields` is answered 204 and does nothing
 * (docs/hubspot.md#callbacks).
 */

export interface CallbackCompletion extends CallbackCompletionRequest {
  /** All values are strings; those that the action does not declare cannot be seen in the workflow. */
  outputFields: Record<string, string>;
  typedOutputs: Record<string, never>;
}

/** HubSpot documents no limit of the batch; 100 completions are known to work. */
export interface BatchCallbackCompletion extends CallbackCompletion, CallbackCompletionBatchRequest {
  outputFields: Record<string, string>;
}
