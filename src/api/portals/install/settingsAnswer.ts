import { z } from 'zod';
import { PORTAL_AUTHS, PORTAL_STATES } from '../../../domain/portals/portal.js';
import { portalId, time } from '../../http/answers.js';

const feature = z
  .strictObject({
    enabled: z.boolean(),
    missingScopes: z
      .array(z.string())
      .nullable()
      .meta({ description: "Null: not known, as HubSpot does not tell a private app's scopes" }),
  })
  .meta({ id: 'FeatureState' });

const accessState = z
  .strictObject({
    granted: z.array(z.string()).nullable().meta({ description: 'Null: not known' }),
    missingScopes: z
      .array(z.string())
      .nullable()
      .meta({ description: "Null: not known, as HubSpot does not tell a private app's scopes" }),
  })
  .meta({ id: 'AccessState' });

/** A type of events that the portal does not take as it is declared. */
export const limitedTypeSchema = z
  .strictObject({
    type: z.string(),
    why: z.string(),
    hasFallback: z
      .boolean()
      .meta({ description: 'Delivered as properties of the contact; false: it cannot be delivered' }),
  })
  .meta({ id: 'LimitedType' });

/** All about a portal that its workspace may see. */
export const settingsSchema = z
  .strictObject({
    portalId,
    name: z.string().nullable(),
    hubDomain: z.string().nullable(),
    timeZone: z.string(),
    auth: z.enum(PORTAL_AUTHS),
    state: z.enum(PORTAL_STATES),
    stateReason: z.string().nullable(),
    stateChangedAt: time,
    installedAt: time,
    epoch: z.number().int().meta({ description: 'Grows with each install and each disconnect' }),
    scopes: z
      .array(z.string())
      .nullable()
      .meta({ description: "Null: not known, as HubSpot does not tell a private app's scopes" }),
    throttle: feature,
    sync: feature,
    events: feature,
    access: z
      .strictObject({ customObjects: accessState, sensitive: accessState, highlySensitive: accessState })
      .meta({ description: 'What may be read beside what features need' }),
    token: z.strictObject({
      stored: z.boolean(),
      version: z.number().int(),
      ageMs: z.number().int().nullable(),
      expiresAt: time.nullable(),
      expiresInMs: z.number().int().nullable().meta({ description: 'Below 0: it has expired' }),
      refreshedAt: time.nullable(),
      refreshFailures: z.number().int(),
      refreshError: z.string().nullable(),
    }),
    disconnect: z
      .strictObject({ workflowId: z.string(), step: z.string().nullable() })
      .nullable()
      .meta({ description: 'While it is being disconnected' }),
    limitedTypes: z.array(limitedTypeSchema),
  })
  .meta({ id: 'PortalSettings' });

export const EXAMPLE_SETTINGS = {
  portalId: 41_000_009,
  name: null,
  hubDomain: 'acme.example',
  timeZone: 'Europe/Dublin',
  auth: 'oauth',
  state: 'active',
  stateReason: null,
  stateChangedAt: '2027-01-01T09:30:00.000Z',
  installedAt: '2027-01-01T09:30:00.000Z',
  epoch: 3,
  scopes: ['oauth', 'automation'],
  throttle: { enabled: true, missingScopes: [] },
  sync: { enabled: false, missingScopes: ['crm.objects.contacts.read'] },
  events: { enabled: true, missingScopes: [] },
  access: {
    customObjects: { granted: ['crm.objects.custom.read', 'crm.schemas.custom.read'], missingScopes: [] },
    sensitive: { granted: [], missingScopes: ['crm.objects.contacts.sensitive.read.v2'] },
    highlySensitive: { granted: [], missingScopes: ['crm.objects.contacts.highly_sensitive.read.v2'] },
  },
  token: {
    stored: true,
    version: 7,
    ageMs: 81_234,
    expiresAt: '2027-01-01T10:00:00.000Z',
    expiresInMs: 1_718_766,
    refreshedAt: '2027-01-01T09:30:00.000Z',
    refreshFailures: 0,
    refreshError: null,
  },
  disconnect: null,
  limitedTypes: [{ type: 'nova_redeemed', why: 'scope', hasFallback: true }],
};
