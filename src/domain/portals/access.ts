import type { Feature } from './features.js';

/**
 * What an operator may have asked of one portal beside what its features need. HubSpot grants what the account's
 * subscription has; a portal without it works on.
 */
export const ACCESSES = ['custom_objects', 'sensitive', 'highly_sensitive'] as const;
export type Access = (typeof ACCESSES)[number];

/** By which the custom objects of an account, and their records, are read. */
export const CUSTOM_OBJECT_SCOPES = ['crm.objects.custom.read', 'crm.schemas.custom.read'];

const RECORD_TYPES = ['contacts', 'companies', 'deals', 'tickets'];

/** By which the values of a type that are sensitive are read. */
const sensitiveScopeOf = (type: string, level: 'sensitive' | 'highly_sensitive'): string =>
  type === 'tickets' ? `tickets.${level}.v2` : `crm.objects.${type}.${level}.read.v2`;

/** Sensitive values are asked for of those types whose records may be read. */
export function accessScopesOf(access: readonly Access[], features: readonly Feature[]): string[] {
  const hasCustom = access.includes('custom_objects');
  const hasRecords = features.some((feature) => feature !== 'throttle');
  const types = [...(hasRecords ? RECORD_TYPES : []), ...(hasCustom ? ['custom'] : [])];
  const sensitive = (['sensitive', 'highly_sensitive'] as const)
    .filter((level) => access.includes(level))
    .flatMap((level) => types.map((type) => sensitiveScopeOf(type, level)));
  return [...(hasCustom ? CUSTOM_OBJECT_SCOPES : []), ...sensitive];
}

const ALL_ACCESS_SCOPES: ReadonlySet<string> = new Set(accessScopesOf(ACCESSES, ['events']));

/** Of what a portal has granted that which an access brought: an install asks for it again. */
export const grantedAccess = (scopes: readonly string[]): string[] =>
  scopes.filter((scope) => ALL_ACCESS_SCOPES.has(scope));

/** What is asked for beside what features need, of a portal that has granted these scopes before. */
export function askedAccess(
  access: readonly Access[],
  features: readonly Feature[],
  granted: readonly string[],
): string[] {
  const asked = accessScopesOf(hasCustomObjects(granted) ? ['custom_objects', ...access] : access, features);
  return [...new Set([...asked, ...grantedAccess(granted)])];
}

/** How a portal's access stands: what it has granted of it, and lacks for types whose records it lets be read. */
export function accessState(access: Access, features: readonly Feature[], granted: readonly string[]) {
  const isOf = (scope: string) =>
    access === 'custom_objects' ? CUSTOM_OBJECT_SCOPES.includes(scope) : scope.split('.').includes(access);
  const wanted = accessScopesOf(
    access === 'custom_objects' || hasCustomObjects(granted) ? ['custom_objects', access] : [access],
    features,
  ).filter(isOf);
  return {
    granted: grantedAccess(granted).filter(isOf),
    missingScopes: wanted.filter((scope) => !granted.includes(scope)),
  };
}

const hasCustomObjects = (granted: readonly string[]) => granted.includes('crm.objects.custom.read');
