import { lookup } from 'node:dns/promises';
import { types } from 'node:util';
import type { DatabaseClock } from '../db/clock.js';
import { signV3 } from '../hubspot/incoming/signature.js';
import type { Config } from '../platform/config/config.js';
import { HUBSPOT_API } from '../platform/config/hubspot.js';
import { NotKnown, Unable, type HealthCheck } from '../platform/health.js';
import { certificateEnd } from '../platform/outbound/certificate.js';
import { isLoopback } from '../platform/outbound/outboundUrl.js';

/*
 * The way by which HubSpot's calls come, walked from outside: the name, the certificate, and a call that is signed as
 * HubSpot signs. What stands before the API (proxy, tunnel, load balancer) is seen by nothing else.
 */

const DEADLINE_MS = 4000;

type Where = Pick<Config, 'PUBLIC_URL' | 'HUBSPOT_API_BASE_URL' | 'NODE_ENV'>;

/** A stand-in for HubSpot on one machine calls whatever it is told. */
function isForHubSpot({ HUBSPOT_API_BASE_URL, NODE_ENV }: Where): boolean {
  return HUBSPOT_API_BASE_URL === HUBSPOT_API || NODE_ENV === 'production';
}

export function publicUrlCheck(config: Where): HealthCheck {
  const { PUBLIC_URL } = config;
  return async () => {
    const url = new URL(PUBLIC_URL);
    if (isForHubSpot(config) && isLoopback(url))
      throw new Unable(`PUBLIC_URL, ${PUBLIC_URL}, is this machine: HubSpot cannot call it`);
    if (isForHubSpot(config) && url.protocol !== 'https:')
      throw new Unable(`PUBLIC_URL, ${PUBLIC_URL}, is not https: HubSpot calls nothing else`);
    const name = url.hostname.replace(/^\[|\]$/g, '');
    await lookup(name).catch((cause: unknown) => {
      if (codeOf(cause) === 'ENOTFOUND') throw new Unable(`DNS knows no address of ${name}`, { cause });
      throw new NotKnown(`The address of ${name} cannot be found out: DNS does not answer`, { cause });
    });
  };
}

/** Whoever renews certificates begins a month before their end. */
const LEAST_DAYS = 14;
const DAY_MS = 86_400_000;
/** A server that is there, with a certificate that does not hold. */
const OF_THE_NETWORK = /^(E[A-Z]+|UND_.*)$/;

/** Of an https origin. `ca`: who may have signed it beside those whom Node knows. */
export function certificateCheck({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>, ca?: string): HealthCheck {
  return async () => {
    const { hostname, port } = new URL(PUBLIC_URL);
    const at = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) };
    const end = await certificateEnd(at, { deadlineMs: DEADLINE_MS, ca }).catch((cause: unknown) => {
      const code = codeOf(cause);
      if (code === undefined || OF_THE_NETWORK.test(code))
        throw new NotKnown(`Nobody answers at ${hostname}, port ${at.port}`, { cause });
      throw new Unable(`The certificate of ${hostname} does not hold (${code})`, { cause });
    });
    const days = Math.floor((end.getTime() - Date.now()) / DAY_MS);
    if (days < LEAST_DAYS)
      throw new Unable(
        `The certificate of ${hostname} ends in ${days} days, on ${end.toISOString().slice(0, 10)}`,
      );
  };
}

const PATH = '/api/integrations/hubspot/webhooks';
/** What a proxy that tidies up would write otherwise: escapes, an empty value, spaces and a line end in the body. */
const QUERY = '?from=sluice%20doctor&of=%C3%BC%2F%7E&empty=';
const BODY = '[ \n ]';
const PLAIN_BODY = '[]';

interface CallConfig extends Pick<Config, 'PUBLIC_URL' | 'HUBSPOT_CLIENT_SECRET'> {
  readonly clock: Pick<DatabaseClock, 'nowMs' | 'measure'>;
}

/**
 * Calls our own route of webhooks with no event: signed over method, address, query and body, as HubSpot's calls are,
 * so that it is taken only where all of these arrive as they were sent. Nothing is stored for it.
 */
export function signedCallCheck({ PUBLIC_URL, HUBSPOT_CLIENT_SECRET, clock }: CallConfig): HealthCheck {
  async function call(query: string, body: string): Promise<Response> {
    const [secret] = HUBSPOT_CLIENT_SECRET;
    if (!secret) throw new Unable('HUBSPOT_CLIENT_SECRET holds no secret');
    const uri = PUBLIC_URL + PATH + query;
    const headers = signV3({ method: 'POST', uri, body }, secret, clock.nowMs());
    return fetch(uri, {
      ...{ method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) },
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'sluice' },
    }).catch((cause: unknown) => {
      throw new NotKnown(`Nobody answers a call to ${PUBLIC_URL}`, { cause });
    });
  }
  const isTaken = async (query: string, body: string) => (await call(query, body)).status === 200;

  return async () => {
    await clock.measure().catch(() => undefined); // the check of the database says that it is away
    const answer = await call(QUERY, BODY);
    if (answer.status === 200 && isOurs(await answer.text())) return;
    if (answer.status !== 401) throw wordsFor(PUBLIC_URL, answer);
    const [query, body] = [await isTaken(QUERY, PLAIN_BODY), await isTaken('', BODY)];
    if (query)
      throw new Unable('A signed call arrives with another body: it was read and written anew on its way');
    if (body)
      throw new Unable('A signed call arrives with another query: its escapes were changed on its way');
    if (await isTaken('', PLAIN_BODY))
      throw new Unable('A signed call arrives with another query and another body');
    throw new Unable(
      'A signed call is refused: its path was changed on its way, or the API has another PUBLIC_URL or HUBSPOT_CLIENT_SECRET than is set here',
    );
  };
}

function isOurs(text: string): boolean {
  try {
    return (JSON.parse(text) as { taken?: unknown }).taken === 0;
  } catch {
    return false;
  }
}

function wordsFor(publicUrl: string, { status, headers }: Response): Error {
  if (status >= 300 && status < 400)
    return new Unable(
      `${publicUrl} sends callers on to ${headers.get('location') ?? 'somewhere else'}: HubSpot does not follow`,
    );
  if (status === 429)
    return new NotKnown('Too many wrong calls came from this address: try again in a minute');
  if (status >= 500) return new NotKnown(`A signed call to ${publicUrl} is answered ${status}`);
  return new Unable(`What answers at ${publicUrl} is not Sluice: a signed call is answered ${status}`);
}

function codeOf(error: unknown): string | undefined {
  // Not instanceof: errors of Node's own network code are of another realm in some hosts.
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
