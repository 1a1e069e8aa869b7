/**
 * HubSpot's rate limits of a portal (docs/hubspot.md#limits). Each is a bucket of slots, which all processes share; a
 * request takes a slot of one bucket. Columns, metric labels and the API call a bucket a `ring`.
 */
export type Bucket = 'ten_secondly' | 'search' | 'associations' | 'oauth';
