import { callJson } from './http.mjs';
import { Trouble } from './trouble.mjs';

const API = '/api/integrations/hubspot';
const TIMEOUT_MS = 30_000;

/** A link by which a person installs the app. It leads to HubSpot's page for that, here to the sandbox's. */
export async function installLink({ apiUrl, apiKey, ...plan }) {
  const { url } = await callJson('POST', `${apiUrl}${API}/links`, { apiKey, body: plan });
  return url;
}

/** A link for a portal of the sandbox in which the app is not installed yet, with all that the demo uses. */
export async function linkForNewPortal({ sandboxUrl, apiUrl, apiKey, portalId }) {
  const body = { portalId, name: `Portal ${portalId}, to be connected` };
  await callJson('POST', `${sandboxUrl}/_sandbox/portals`, { body });
  const features = ['throttle', 'sync'];
  return installLink({ apiUrl, apiKey, portalId, features, validForMinutes: 1440 });
}

/**
 * Installs the app in a portal of the sandbox as a person does: opens the link, goes on from its page,
 * clicks Allow on HubSpot's, comes back. Only the click is not real: the sandbox's control API makes it.
 */
export async function installApp({ sandbox, apiUrl, apiKey, portalId, features = ['throttle', 'sync'] }) {
  const link = onApi(apiUrl, await installLink({ apiUrl, apiKey, portalId, features }));
  const page = await visit(link, { headers: { accept: 'application/json' } });
  const cookie = page.headers.getSetCookie()[0]?.split(';')[0];
  if (!page.ok || !cookie)
    throw new Trouble(`The link of an install was answered ${page.status}: ${await page.text()}`);
  const { proof } = await page.json();
  const opened = await visit(link, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    body: `proof=${encodeURIComponent(proof)}`,
  });
  const authorizeUrl = opened.headers.get('location');
  if (opened.status !== 303 || !authorizeUrl)
    throw new Trouble(`The page of an install was answered ${opened.status}: ${await opened.text()}`);
  const { location } = await sandbox('POST', '/oauth/authorize', { portalId, url: authorizeUrl });
  const ended = await visit(onApi(apiUrl, location), {
    headers: { cookie, accept: 'application/json' },
  });
  const text = await ended.text();
  if (!ended.ok) throw new Trouble(`The install in portal ${portalId} was answered ${ended.status}: ${text}`);
  return JSON.parse(text);
}

/** The same URL on the API itself: PUBLIC_URL may lead over a tunnel. */
function onApi(apiUrl, url) {
  const { pathname, search } = new URL(url);
  return new URL(pathname + search, apiUrl).href;
}

function visit(url, init) {
  return fetch(url, { redirect: 'manual', ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
}
