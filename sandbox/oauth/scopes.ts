/** The scopes that the sandbox knows. */
export const SCOPES: readonly string[] = [
  'oauth',
  'automation',
  'tickets',
  'timeline',
  'e-commerce',
  'analytics.behavioral_events.send',
  ...['contacts', 'companies', 'deals', 'tickets', 'custom'].flatMap((type) => [
    `crm.objects.${type}.read`,
    `crm.objects.${type}.write`,
  ]),
  ...['contacts', 'companies', 'deals', 'tickets', 'custom'].flatMap((type) => [
    `crm.schemas.${type}.read`,
    `crm.schemas.${type}.write`,
  ]),
  ...['contacts', 'companies', 'deals', 'custom'].flatMap((type) =>
    ['sensitive', 'highly_sensitive'].flatMap((level) => [
      `crm.objects.${type}.${level}.read.v2`,
      `crm.objects.${type}.${level}.write.v2`,
    ]),
  ),
  'tickets.sensitive.v2',
  'tickets.highly_sensitive.v2',
  'crm.objects.notes.read',
  'crm.objects.tasks.read',
  'crm.objects.owners.read',
  'developers-read',
  'developers-write',
];

const KNOWN = new Set(SCOPES);

export function unknownScopes(scopes: readonly string[]): string[] {
  return scopes.filter((scope) => !KNOWN.has(scope));
}
