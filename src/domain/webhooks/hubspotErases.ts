/** Who has asked for an erasure that an event of HubSpot's tells of. */
export const HUBSPOT_ERASES = 'hubspot';
