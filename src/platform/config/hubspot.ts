import { z } from 'zod';
import { Secret } from '../secret.js';
import { count, milliseconds, origin, secret } from './values.js';

/** HubSpot's own API. Tokens go there; a stand-in has another address. */
export const HUBSPOT_API = 'https://api.hubapi.com';

const apiVersion = z.enum(['2026-03', '2026-09', 'v4']);
const apiNames = z.enum([
  'actions',
  'objects',
  'associations',
  'properties',
  'pipelines',
  'owners',
  'schemas',
  'account',
  'appinstalls',
  'events',
  'timeline',
  'journal',
  'webhooks',
]);

/** `associations=2026-09,events=v4`: APIs of HubSpot that are asked in another version than the others. */
const apiVersions = z.string().transform((text, context) => {
  const entries = text.split(',').map((entry) => entry.trim().split('='));
  const parsed = z
    .partialRecord(apiNames, apiVersion)
    .safeParse(Object.fromEntries(entries.map(([api, version]) => [api, version])));
  if (parsed.success && entries.every((entry) => entry.length === 2)) return parsed.data;
  context.addIssue({
    code: 'custom',
    message: `must be api=version, comma-separated; APIs: ${apiNames.options.join(', ')}; versions: ${apiVersion.options.join(', ')}`,
  });
  return z.NEVER;
});

type ApiVersion = z.infer<typeof apiVersion>;
const undated = (version: ApiVersion | 'v3'): ApiVersion => (version === 'v3' ? 'v4' : version);

/** The app as HubSpot knows it, its API, and how much of it may be used. */
export const hubspotSchema = {
  HUBSPOT_APP_ID: z.coerce.number().int().positive(),
  HUBSPOT_CLIENT_ID: z.string().min(1),
  HUBSPOT_CLIENT_SECRET: z
    .string()
    .min(1)
    .transform((text) => text.split(',').map((one) => new Secret(one.trim()))),
  // Who says v3 means the undated paths, which are v3 for most APIs and v4 for associations.
  HUBSPOT_API_VERSION: z
    .enum([...apiVersion.options, 'v3'])
    .transform(undated)
    .default('2026-03'),
  HUBSPOT_API_VERSIONS: apiVersions.default({}),
  HUBSPOT_API_BASE_URL: origin.default(HUBSPOT_API),
  HUBSPOT_OAUTH_VERSION: z.enum(['v1', 'v3', '2026-03', '2026-09']).default('2026-03'),
  HUBSPOT_PRIVATE_APP_TOKEN: secret.optional(),
  HUBSPOT_PORTAL_ID: z.coerce.number().int().positive().optional(),
  TOKEN_REFRESH_BEFORE_MS: count(1000, 1_200_000).default(60_000),
  BUDGET_SLOTS: count(1, 1000).default(110),
  BUDGET_INTERVAL_MS: milliseconds.default(10_000),
  BUDGET_SEARCH_SLOTS: count(1, 1000).default(4),
  BUDGET_ASSOCIATION_SLOTS: count(1, 1000).default(100),
  BUDGET_OAUTH_SLOTS: count(1, 1000).default(4),
  ERROR_SHARE_PERCENT: z.coerce.number().min(0).max(100).default(5),
  REQUEST_LOG_DAYS: count(1, 365).default(7),
};
