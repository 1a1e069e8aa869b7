import type { Config } from '../../../platform/config/config.js';

type Allowed = Pick<Config, 'INSTALL_RETURN_ORIGINS'>;

/** The URL to return to, if the configuration allows its origin. A redirect to any address would help phishers. */
export function allowedReturnTo(url: string, { INSTALL_RETURN_ORIGINS }: Allowed): URL | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const plain = parsed.username === '' && parsed.password === '' && /^https?:$/.test(parsed.protocol);
  return plain && INSTALL_RETURN_ORIGINS.includes(parsed.origin) ? parsed : undefined;
}

/** How the install ended, added to the URL's own query. */
export function withResult(url: URL, result: Readonly<Record<string, string>>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(result)) target.searchParams.set(name, value);
  return target.href;
}
