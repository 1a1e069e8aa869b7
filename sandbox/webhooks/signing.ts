import { signV1, signV3 } from '../throttle/signatures.js';
import type { Clock } from '../platform/clock.js';
import type { Target } from '../throttle/entities.js';
import type { WebhooksPlan } from './webhooksPlan.js';

/** Where requests go, and how each is signed: with the secret that the app has when it goes. */
export function webhookTarget(
  { targetUrl, signature }: Pick<WebhooksPlan, 'targetUrl' | 'signature'>,
  { clock, secret }: { clock: Clock; secret: () => string },
): Target {
  const { origin, pathname, search } = new URL(targetUrl);
  const v1 = (body: string) => [
    ...['x-hubspot-signature', signV1(secret(), body)],
    ...['x-hubspot-signature-version', 'v1'],
  ];
  const v3 = (body: string) => {
    const timestamp = String(Math.floor(clock.epochMs()));
    const signed = signV3(secret(), 'POST', targetUrl, body, timestamp);
    return ['x-hubspot-signature-v3', signed, 'x-hubspot-request-timestamp', timestamp];
  };
  return {
    origin,
    path: pathname + search,
    headers: (body) => [...(signature === 'v3' ? [] : v1(body)), ...(signature === 'v1' ? [] : v3(body))],
  };
}
