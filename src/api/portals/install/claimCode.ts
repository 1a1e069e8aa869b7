import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Config } from '../../../platform/config/config.js';
import { parseJson } from '../../../hubspot/wire/json.js';
import { newRandomToken } from './randomToken.js';

/*
 * What a person gets who has begun an install at HubSpot, for an account that no workspace holds. The code carries what
 * HubSpot has told, and the token of a link that does not exist yet. The workspace that claims the account with it
 * makes that link; the person opens it and installs as by any other, with state, PKCE and this browser. So a code that
 * fell into other hands lets nobody in.
 */

export interface Claim {
  /** The account that HubSpot has named. A code for any account would let its maker connect his own. */
  readonly portalId: number;
  readonly hubDomain: string | null;
  /** The page of HubSpot's to which the person is to return in the end. */
  readonly returnUrl: string | null;
  /** Milliseconds; compared by the database's clock. */
  readonly goodUntil: number;
  /** Opens the link, once it is made. */
  readonly token: string;
}

const CLAIM_HOURS = 24;
const MAX_CHARS = 4000;

const bodySchema = z.strictObject({
  p: z.number().int().positive(),
  d: z.string().max(300).nullable(),
  r: z.string().max(2000).nullable(),
  e: z.number().int(),
  t: z.string().regex(/^[\w-]{43}$/),
});

type Signing = Pick<Config, 'HUBSPOT_CLIENT_SECRET'>;

export function makeClaimCode(
  config: Signing,
  { portalId, hubDomain, returnUrl }: Pick<Claim, 'portalId' | 'hubDomain' | 'returnUrl'>,
  now = Date.now(),
): string {
  const goodUntil = now + CLAIM_HOURS * 3_600_000;
  const body = { p: portalId, d: hubDomain, r: returnUrl, e: goodUntil, t: newRandomToken() };
  const text = Buffer.from(JSON.stringify(body)).toString('base64url');
  return `${text}.${signatures(config, text)[0]?.toString('base64url')}`;
}

/** Undefined for what was not made here, is not whole, or names no account. */
export function readClaimCode(config: Signing, code: string): Claim | undefined {
  const [, text = '', mac = ''] =
    (code.length <= MAX_CHARS && /^([\w-]+)\.([\w-]{43})$/.exec(code.trim())) || [];
  const given = Buffer.from(mac, 'base64url');
  const isOurs = signatures(config, text).some(
    (one) => one.length === given.length && timingSafeEqual(one, given),
  );
  if (!isOurs) return undefined;
  const body = bodySchema.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
  if (!body.success) return undefined;
  const { p: portalId, d: hubDomain, r: returnUrl, e: goodUntil, t: token } = body.data;
  return { portalId, hubDomain, returnUrl, goodUntil, token };
}

/** By each of the client secrets, while one is rotated; the first one signs. */
function signatures({ HUBSPOT_CLIENT_SECRET }: Signing, text: string): Buffer[] {
  return HUBSPOT_CLIENT_SECRET.map((secret) =>
    createHmac('sha256', `sluice claim ${secret.reveal()}`).update(text).digest(),
  );
}
