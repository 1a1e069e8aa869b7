/*
 * Variables that services have which Sluice takes the place of. Their `.env` either starts Sluice, or each line that
 * has to change is named.
 */

/** What such a variable means here; one that is read like the others is not in the list. */
const NOT_READ: Readonly<Record<string, string>> = {
  SECRET_KEY_BASE: 'is not needed: Sluice keeps no sessions that it would sign',
  SECRET_KEY: 'is not needed: Sluice keeps no sessions that it would sign',
  JWT_SECRET: 'is not needed: the API takes keys (npx sluice api-keys create)',
  POOL_SIZE: 'is not read: set DATABASE_POOL_SIZE',
  PHX_HOST: 'is not read: set PUBLIC_URL to the https origin that HubSpot calls',
  SQLALCHEMY_DATABASE_URI: 'is not read: set DATABASE_URL to it',
  MONGODB_URI: 'is not read: Sluice keeps its data in Postgres, set DATABASE_URL',
  MONGO_URI: 'is not read: Sluice keeps its data in Postgres, set DATABASE_URL',
  MONGO_URL: 'is not read: Sluice keeps its data in Postgres, set DATABASE_URL',
  REDIS_URL: 'is not needed: what waits stands in Postgres',
  HUBSPOT_CID: 'is not read: set HUBSPOT_CLIENT_ID to it',
  HUBSPOT_CS: 'is not read: set HUBSPOT_CLIENT_SECRET to it',
  HUBSPOT_ACCESS_TOKEN:
    'is not read: connect the portal (npx sluice portals connect), or set HUBSPOT_PRIVATE_APP_TOKEN and HUBSPOT_PORTAL_ID where it is the token of a private app',
  HUBSPOT_REFRESH_TOKEN: 'is not read: connect the portal anew (npx sluice portals connect)',
  HUBSPOT_API_KEY: 'is not read: HubSpot takes no such keys any more, only tokens of apps',
};

/** A line for each variable that is set and means something else here, or nothing. */
export function oldSettings(env: NodeJS.ProcessEnv): string[] {
  const lines = Object.entries(NOT_READ)
    .filter(([name]) => (env[name] ?? '') !== '')
    .map(([name, meaning]) => `${name} ${meaning}`);
  if (env['HUBSPOT_API_VERSION'] === 'v3') {
    lines.push(
      'HUBSPOT_API_VERSION=v3 is read as v4: the paths without a date, v3 where HubSpot has them and v4 for associations, until 2027-03-30',
    );
  }
  return lines;
}
