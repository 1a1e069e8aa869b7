import { z } from 'zod';
import { count } from './values.js';

const HOST = /^(?:\*\.)?(?:(?:[a-z0-9-]+|\*)\.)*[a-z0-9-]+\.[a-z]{2,}$/;
const areHosts = (text: string) => text.split(',').every((one) => HOST.test(one.trim().toLowerCase()));

export const webhooksSchema = {
  WEBHOOKS_JOURNAL: z.stringbool().default(false),
  /** Where HubSpot has the files of its webhooks journal (docs/hubspot.md#webhooks). */
  WEBHOOKS_JOURNAL_FILE_HOSTS: z
    .string()
    .refine(
      areHosts,
      'must be host names, comma-separated; * stands for one name, *. at the beginning for any',
    )
    .default(
      's3.amazonaws.com,*.s3.amazonaws.com,s3.*.amazonaws.com,*.s3.*.amazonaws.com,*.hubspot.com,*.hubapi.com',
    ),
  WEBHOOKS_JOURNAL_POLL_MS: count(250, 60_000).default(2000),
  WEBHOOKS_JOURNAL_SUBSCRIPTIONS: count(2, 10_000).default(50),
  /** So many calls of webhooks may be under way at a time. HubSpot takes more than five. */
  WEBHOOKS_MAX_CONCURRENT_REQUESTS: count(6, 1000).default(10),
};
