import type { Config } from '../../platform/config/config.js';
import { leftMs } from '../../platform/deadline.js';
import type { Permit } from '../budget/permit.js';
import type { Transport, TransportRequest, TransportResult } from '../wire/transport.js';
import { classifyOAuthFailure, OAuthError, type GrantType } from './oauthFailure.js';

/** For a slot of the limit: so few are used that a wait means that the database is away. */
const MAX_WAIT_MS = 10_000;
const MAX_BODY_CHARS = 256 * 1024;

type Form = Readonly<Record<string, string>>;

/** How HubSpot's token endpoints are asked: over the gateway's transport, with our credentials, under their limit. */
export interface TokenEndpoint {
  /** One request, without our credentials. */
  readonly send: (
    request: Pick<TransportRequest, 'method' | 'path'> & { form?: Form; maySend?: () => boolean },
    deadlineAt: number,
  ) => Promise<TransportResult>;
  /** With our credentials: with one secret after the other, while HubSpot knows the app and not the secret. */
  readonly asClient: (
    path: string,
    form: Form,
    options: { deadlineAt: number; grant: GrantType; maySend?: (() => boolean) | undefined },
  ) => Promise<string>;
  /** Waits for a slot of the portal's limit. A request that was not sent gives it back. */
  readonly underLimit: <T>(portalId: number, work: (unexpired: () => boolean) => Promise<T>) => Promise<T>;
}

export function createTokenEndpoint({
  transport,
  config,
  acquire,
}: {
  transport: Pick<Transport, 'send'>;
  config: Pick<Config, 'HUBSPOT_CLIENT_ID' | 'HUBSPOT_CLIENT_SECRET'>;
  acquire?: ((portalId: number, signal: AbortSignal) => Promise<Permit>) | undefined;
}): TokenEndpoint {
  const secrets = config.HUBSPOT_CLIENT_SECRET;
  /** Which of the secrets HubSpot took last: while one is rotated, not every request is made twice. */
  let preferred = 0;

  const send: TokenEndpoint['send'] = (request, deadlineAt) => {
    const body = request.form && new URLSearchParams(request.form).toString();
    return transport.send({
      method: request.method,
      path: request.path,
      body,
      headers: {
        accept: 'application/json',
        'user-agent': 'sluice',
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      deadlineMs: leftMs(deadlineAt),
      maySend: request.maySend ?? (() => true),
    });
  };

  async function underLimit<T>(portalId: number, work: (unexpired: () => boolean) => Promise<T>): Promise<T> {
    if (!acquire) return work(() => true);
    const permit = await acquire(portalId, AbortSignal.timeout(MAX_WAIT_MS)).catch((error: unknown) => {
      const message = `No slot for the request: ${error instanceof Error ? error.message : String(error)}`;
      throw new OAuthError({ class: 'transient', code: 'not_sent', message });
    });
    let sent = true;
    try {
      return await work(() => permit.expiresInMs > 0);
    } catch (error) {
      sent = !(error instanceof OAuthError && error.failure.code === 'not_sent');
      throw error;
    } finally {
      if (sent) permit.use(0);
      else permit.giveBack();
    }
  }

  const asClient: TokenEndpoint['asClient'] = async (path, form, options) => {
    for (let tried = 1; ; tried += 1) {
      const index = preferred;
      const secret = secrets[index];
      if (!secret) throw new Error('HUBSPOT_CLIENT_SECRET holds no secret');
      const credentials = { client_id: config.HUBSPOT_CLIENT_ID, client_secret: secret.reveal() };
      const { maySend } = options;
      const result = await send(
        { method: 'POST', path, form: { ...form, ...credentials }, ...(maySend ? { maySend } : {}) },
        options.deadlineAt,
      );
      const body = bodyOf(result);
      if (body !== undefined) return body;
      const failure = classifyOAuthFailure(result, options.grant);
      if (failure.code === 'BAD_CLIENT_SECRET' && tried < secrets.length) {
        // Another request may have found the right one meanwhile.
        if (preferred === index) preferred = (index + 1) % secrets.length;
        continue;
      }
      throw new OAuthError(failure);
    }
  };

  return { send, asClient, underLimit };
}

/** The body of a 2xx answer that came whole. */
export function bodyOf(result: TransportResult): string | undefined {
  if (result.kind !== 'answered' || result.status < 200 || result.status >= 300) return undefined;
  return result.body !== undefined && result.body.length <= MAX_BODY_CHARS ? result.body : undefined;
}

/** Throws what the answer says. */
export function fail(result: TransportResult): never {
  throw new OAuthError(classifyOAuthFailure(result, 'other'));
}
