import type { Feature } from './features.js';

/*
 * The scopes of HubSpot that each feature needs. An install asks for those of the features that are switched on and for
 * no others: the person who installs the app reads the list.
 */

const CRM_OBJECTS = ['contacts', 'companies', 'deals'];

/** Asked for by every install; account information and uninstalling need nothing else. */
const BASE_SCOPES = ['oauth'];

const RECORDS = [
  // The outbox makes properties that it needs and the portal does not have; the right to read them comes with the
  // objects.
  ...CRM_OBJECTS.flatMap((object) => [
    `crm.objects.${object}.read`,
    `crm.objects.${object}.write`,
    `crm.schemas.${object}.write`,
  ]),
  'tickets',
];

const SCOPES_OF: Readonly<Record<Feature, readonly string[]>> = {
  throttle: ['automation'],
  sync: RECORDS,
  events: RECORDS,
};

/** Asked for where the account can grant them: one that cannot is connected all the same. */
const OPTIONAL_SCOPES_OF: Readonly<Partial<Record<Feature, readonly string[]>>> = {
  events: ['analytics.behavioral_events.send'],
};

/** What an install with these features asks for. */
export function scopesOf(features: readonly Feature[]): string[] {
  return [...new Set([...BASE_SCOPES, ...features.flatMap((feature) => SCOPES_OF[feature])])];
}

/** What it asks for beside that, and can do without. */
export function optionalScopesOf(features: readonly Feature[]): string[] {
  return [...new Set(features.flatMap((feature) => OPTIONAL_SCOPES_OF[feature] ?? []))];
}

/** What a feature needs and HubSpot did not grant. */
export function missingScopes(feature: Feature, granted: readonly string[]): string[] {
  return scopesOf([feature]).filter((scope) => !granted.includes(scope));
}
