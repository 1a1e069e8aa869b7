import { callJson } from './http.mjs';
import { Trouble } from './trouble.mjs';

const API = '/api/integrations/hubspot';
const TIMEOUT_MS = 30_000;

/** A link by which a person installs the app. It leads to HubSpot's page for that, here to the sandbox's. */
export async function installLink({ apiUrl, apiKey, ...plan }) {
  const { url } = await callJson('POST', `${apiUrl}${API}/links`, { apiKey, body: plan });
  return url;
}

/**
 * Installs the app in a portal of the sandbox as a person does: opens the link, clicks Allow on HubSpot's page, comes
 * back. Only the click is not real: the sandbox's control API makes it.
 */
export async function installApp({ sandbox, apiUrl, apiKey, portalId }) {
  const opened = await visit(
    onApi(apiUrl, await installLink({ apiUrl, apiKey, portalId, features: ['throttle', 'sync'] })),
  );
  const cookie = opened.headers.getSetCookie()[0]?.split(';')[0];
  const authorizeUrl = opened.headers.get('location');
  if (opened.status !== 302 || !authorizeUrl || !cookie)
    throw new Trouble(`The link of an install was answered ${opened.status}: ${await opened.text()}`);
  const { location } = await sandbox('POST', '/oauth/authorize', { portalId, url: authorizeUrl });
  const ended = await visit(onApi(apiUrl, location), { cookie, accept: 'application/json' });
  const text = await ended.text();
  if (!ended.ok) throw new Trouble(`The install in portal ${portalId} was answered ${ended.status}: ${text}`);
  return JSON.parse(text);
}

/** The same URL on the API itself: PUBLIC_URL may lead over a tunnel. */
function onApi(apiUrl, url) {
  const { pathname, search } = new URL(url);
  return new URL(pathname + search, apiUrl).href;
}

function visit(url, headers = {}) {
  return fetch(url, { redirect: 'manual', headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
}
