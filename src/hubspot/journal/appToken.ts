import type { Secret } from '../../platform/secret.js';
import type { OAuth } from '../oauth/oauth.js';

/** The token of the app itself, which is no portal's. In memory only: it costs one request to get another. */
export interface AppToken {
  /** Throws an OAuthError. */
  get(): Promise<Secret>;
  /** HubSpot has refused this one: the next is asked for. */
  drop(token: Secret): void;
}

export const JOURNAL_SCOPES = [
  'developer.webhooks_journal.read',
  'developer.webhooks_journal.subscriptions.read',
  'developer.webhooks_journal.subscriptions.write',
];
/** One that ends within this, or a fifth of its life, is replaced. */
const BEFORE_END_MS = 60_000;

export function createAppToken(
  oauth: Pick<OAuth, 'appToken'>,
  now: () => number = () => performance.now(),
): AppToken {
  let known: { readonly token: Secret; readonly goodUntil: number } | undefined;
  let asking: Promise<Secret> | undefined;

  async function ask(): Promise<Secret> {
    const askedAt = now();
    const { token, expiresInMs } = await oauth.appToken(JOURNAL_SCOPES);
    known = { token, goodUntil: askedAt + expiresInMs - Math.min(BEFORE_END_MS, expiresInMs / 5) };
    return token;
  }

  return {
    async get() {
      if (known && now() < known.goodUntil) return known.token;
      asking ??= ask().finally(() => (asking = undefined));
      return asking;
    },
    drop(token) {
      if (known?.token === token) known = undefined;
    },
  };
}
