import { defineSearchAttributeKey } from '@temporalio/common';

/**
 * Ids and states only: search attributes are never encrypted (law 4). `CallbackId` is that of a pack's first
 * execution.
 */
export const searchAttributes = {
  portalId: defineSearchAttributeKey('PortalId', 'KEYWORD'),
  lane: defineSearchAttributeKey('Lane', 'KEYWORD'),
  callbackId: defineSearchAttributeKey('CallbackId', 'KEYWORD'),
  executionState: defineSearchAttributeKey('ExecutionState', 'KEYWORD'),
};
