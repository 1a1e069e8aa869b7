import type { Config } from '../../../platform/config/config.js';

type Allowed = Pick<Config, 'INSTALL_RETURN_ORIGINS'>;

/** The URL to return to, if the configuration allows its origin. A redirect to any address would help phishers. */
export function allowedReturnTo(url: string, { INSTALL_RETURN_ORIGINS }: Allowed): URL | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const plain = parsed.username === '' && parsed.password === '' && /^https?:$/.test(parsed.protocol);
  return plain && INSTALL_RETURN_ORIGINS.includes(parsed.origin) ? parsed : undefined;
}

/** HubSpot's own pages, by the host of its application in each region. */
const HUBSPOT_HOST = /^app(-[a-z0-9]+)?\.hubspot\.com$/;

/** Where HubSpot wants the person back who began an install there: a page of HubSpot's, and no other. */
export function hubspotReturnUrl(
  url: string | null | undefined,
  { HUBSPOT_AUTHORIZE_URL }: Pick<Config, 'HUBSPOT_AUTHORIZE_URL'>,
): URL | undefined {
  if (url === null || url === undefined || url.length > 2000 || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') return undefined;
  const isHubSpots =
    (parsed.protocol === 'https:' && parsed.port === '' && HUBSPOT_HOST.test(parsed.hostname)) ||
    parsed.origin === new URL(HUBSPOT_AUTHORIZE_URL).origin;
  return isHubSpots ? parsed : undefined;
}

/** How the install ended, added to the URL's own query. */
export function withResult(url: URL, result: Readonly<Record<string, string>>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(result)) target.searchParams.set(name, value);
  return target.href;
}
