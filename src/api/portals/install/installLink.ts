import {
  claimInstallLink,
  createInstallLink,
  type InstallLink,
  type InstallLinkPlan,
} from '../../../db/portals/installLinks.js';
import type { Queryable } from '../../../db/pool.js';
import type { Config } from '../../../platform/config/config.js';
import { hashRandomToken, newRandomToken } from './randomToken.js';

export type LinkPlan = Omit<InstallLinkPlan, 'tokenHash'>;

/** A link that a claim makes: its token was given to the person before. */
export interface ClaimedLink {
  readonly token: string;
  readonly goodUntil: number;
}

/** A link, and the token by which it is opened: only the token's hash is stored. */
export interface NewLink {
  readonly link: InstallLink;
  readonly token: string;
}

/** Makes a link by which somebody without an API key begins an install, in the transaction of `client`. */
export async function makeInstallLink(client: Queryable, plan: LinkPlan): Promise<NewLink> {
  const token = newRandomToken();
  const { validForMs: _, ...rest } = plan;
  const stored = await createInstallLink(client, { ...plan, tokenHash: hashRandomToken(token) });
  return { link: { ...rest, ...stored }, token };
}

/** The page on which a person waits for a workspace to claim the account. */
export function claimUrl(
  { HUBSPOT_REDIRECT_URI }: Pick<Config, 'HUBSPOT_REDIRECT_URI'>,
  code: string,
): string {
  return new URL(`claim/${code}`, HUBSPOT_REDIRECT_URI).href;
}

/** Makes the link of a claim. Undefined: the claim is too old, or has been used. */
export async function makeClaimedLink(
  client: Queryable,
  plan: LinkPlan,
  { token, goodUntil }: ClaimedLink,
): Promise<NewLink | undefined> {
  const { validForMs: _, ...rest } = plan;
  const stored = await claimInstallLink(client, { ...plan, tokenHash: hashRandomToken(token) }, goodUntil);
  return stored && { link: { ...rest, ...stored }, token };
}

/** Its address is beside the callback's, so that the cookie which is set there comes back to the callback. */
export function installLinkUrl(
  { HUBSPOT_REDIRECT_URI }: Pick<Config, 'HUBSPOT_REDIRECT_URI'>,
  token: string,
): string {
  return new URL(`start/${token}`, HUBSPOT_REDIRECT_URI).href;
}
