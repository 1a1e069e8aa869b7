import type { Request } from 'express';
import type { Config } from '../../../platform/config/config.js';
import { AppError } from '../../../platform/errors.js';
import { hubspotReturnUrl } from './returnTo.js';

/** What HubSpot's redirect back says. */
export interface CallbackQuery {
  readonly state: string | undefined;
  readonly code: string | undefined;
  readonly error: string | undefined;
  /** Where HubSpot began: `authorize`, then `finalize`; or neither. */
  readonly step: string | undefined;
  readonly returnUrl: URL | undefined;
}

/** Throws for an address that HubSpot does not write; nothing has been used up then. */
export function readCallback(
  { query }: Request,
  config: Pick<Config, 'HUBSPOT_AUTHORIZE_URL'>,
): CallbackQuery {
  return {
    state: once(query, 'state'),
    code: once(query, 'code'),
    error: once(query, 'error'),
    step: once(query, 'step'),
    returnUrl: hubspotReturnUrl(once(query, 'returnUrl'), config),
  };
}

/** HubSpot's name of an error. Whatever else an address brings is not shown on a page of ours. */
export function inBrackets(error: string): string {
  return /^[a-z_]{1,40}$/.test(error) ? ` (${error})` : '';
}

/** The same value written twice is that value. */
function once(query: Request['query'], name: string): string | undefined {
  const value = query[name];
  const values = [...new Set(Array.isArray(value) ? value : [value])];
  const [only] = values;
  if (values.length === 1 && only === undefined) return undefined;
  if (values.length === 1 && typeof only === 'string') return only === '' ? undefined : only;
  throw new AppError(
    'invalid_input',
    `The address with which the browser came back has “${name}” more than once. Nothing was stored, and nothing was used up.`,
  );
}
