import { Client, DEFAULT_LIMITER_OPTIONS } from '@hubspot/api-client';

/**
 * HubSpot's official client with its limiter switched on, as its README shows: endless work, until it is ended.
 * Counts are the server's.
 */
const [basePath, accessToken] = process.argv.slice(2);
const client = new Client({ accessToken, basePath, limiterOptions: DEFAULT_LIMITER_OPTIONS });

process.on('disconnect', () => process.exit()); // who started it is gone
const CALLERS = 64;
await Promise.all(
  Array.from({ length: CALLERS }, async () => {
    for (;;) {
      try {
        await client.crm.contacts.basicApi.getById('1');
      } catch (error) {
        if (error?.code !== 429) throw error; // refused: the work is still there, so it is tried again
      }
    }
  }),
);
