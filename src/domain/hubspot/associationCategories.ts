/** HubSpot's categories of types of associations, as its description has them; a type id is one within its category. */
export const ASSOCIATION_CATEGORIES = [
  'HUBSPOT_DEFINED',
  'INTEGRATOR_DEFINED',
  'USER_DEFINED',
  'WORK',
] as const;
export type AssociationCategory = (typeof ASSOCIATION_CATEGORIES)[number];

/** Whether a text may be one, also one that HubSpot has added since: what it shows it takes again. */
export function isAssociationCategory(text: string): text is AssociationCategory {
  return /^[A-Z_]{1,40}$/.test(text);
}
