/*
 * Bodies of callback completions. HubSpot's description asks for `typedOutputs`, though live code does without; a bare
 * `hs_execution_state` outside `outputFields` is answered 204 and does nothing (HUBSPOT §1.5).
 */

/** HubSpot documents no limit of the batch; others send 100. */
export const MAX_CALLBACKS_PER_REQUEST = 100;

/** All values are strings; those that the action does not declare cannot be seen in the workflow. */
export type OutputFields = Readonly<
  Record<string, string> & { hs_execution_state: 'SUCCESS' | 'FAIL_CONTINUE' }
>;

export interface CallbackCompletion {
  outputFields: OutputFields;
  typedOutputs: Record<string, never>;
}

export interface BatchCallbackCompletion extends CallbackCompletion {
  callbackId: string;
}

export function callbackCompletion(outputFields: OutputFields): CallbackCompletion {
  return { outputFields, typedOutputs: {} };
}

export function callbackCompletions(
  completions: readonly { callbackId: string; outputFields: OutputFields }[],
): {
  inputs: BatchCallbackCompletion[];
} {
  return {
    inputs: completions.map(({ callbackId, outputFields }) => ({
      callbackId,
      outputFields,
      typedOutputs: {},
    })),
  };
}
