import { textSchema } from './input.js';

/** By what HubSpot's calls, and what became of them, are found in lists. */
export const callFilters = {
  callbackId: textSchema(200).optional().meta({ description: "HubSpot's `callbackId` of the call" }),
  objectId: textSchema(64)
    .optional()
    .meta({ description: "HubSpot's id of the record, whatever kind of record it is" }),
};
