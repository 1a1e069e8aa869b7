import { z } from 'zod';
import { count, origins, words } from './values.js';

/**
 * The path under which HubSpot sends browsers back. The links that begin an install, and their cookie, stand beside
 * it.
 */
export const CALLBACK_PATH = '/api/integrations/hubspot/callback';

/** How portals are installed. */
export const portalsSchema = {
  HUBSPOT_AUTHORIZE_URL: z.url().optional(),
  HUBSPOT_REDIRECT_URI: z
    .url()
    .refine((value) => new URL(value).pathname.endsWith(CALLBACK_PATH), `must end in ${CALLBACK_PATH}`)
    .optional(),
  HUBSPOT_OPTIONAL_SCOPES: words.default([]),
  PRODUCT_NAME: z.string().trim().min(1).max(60).default('Sluice'),
  INSTALL_RETURN_ORIGINS: origins.default([]),
  PORTALS_PER_WORKSPACE: count(1, 1_000_000).default(1000),
};
