/*
 * What a refusal must say to be believed. Everything else may pass: it waits, and nothing ends for it (law 8).
 */

/** Statuses that say that the request itself is wrong. */
const REFUSING = new Set([400, 409, 413, 414, 422]);

export function refusesRequest(status: number): boolean {
  return REFUSING.has(status);
}

const FINAL = new Set([
  'VALIDATION_ERROR',
  'BAD_REQUEST',
  'CONFLICT',
  'OBJECT_ALREADY_EXISTS',
  'MISSING_SCOPES',
  'MISSING_PERMISSIONS',
]);
const FINAL_KINDS = /^(INVALID|MISSING|DUPLICATE)_|_NOT_FOUND$/;

/**
 * Whether a category of HubSpot's is known to mean that a repeat changes nothing. Of those that are not known
 * (`BANNED`, one that HubSpot adds tomorrow) that is not believed.
 */
export function isFinalCategory(category: string): boolean {
  return FINAL.has(category) || FINAL_KINDS.test(category);
}
