import { describe, expect, it } from '@jest/globals';
import { createActionBody } from '../../../sandbox/throttle/actionBody.js';

describe('the body of an action call', () => {
  it("has HubSpot's shape, with the inputs under both names and quotes in them intact", () => {
    const inputFields = { queue: 'say "hi" \\ ü', max_throughput: '50' };
    const body = createActionBody({
      portalId: 26816943,
      action: { actionDefinitionId: 33540407, version: 6 },
      workflowId: 713617349,
      actionId: 12,
      inputFields,
    });
    const index = { enrollmentId: 100456362982, actionExecutionIndex: 0 };
    expect(JSON.parse(body('ap-26816943-100456362982-1-0', 100456362982, 0, 7192748760))).toEqual({
      callbackId: 'ap-26816943-100456362982-1-0',
      origin: {
        portalId: 26816943,
        actionDefinitionId: 33540407,
        actionDefinitionVersion: 6,
        actionExecutionIndexIdentifier: index,
        extensionDefinitionId: 33540407,
        extensionDefinitionVersionId: 6,
      },
      context: {
        source: 'WORKFLOWS',
        workflowId: 713617349,
        actionId: 12,
        actionExecutionIndexIdentifier: index,
      },
      object: { objectId: 7192748760, objectType: 'CONTACT' },
      fields: inputFields,
      inputFields,
    });
  });
});
