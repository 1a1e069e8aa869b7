import { signV2, signV3 } from '../../sandbox/throttle/signatures.js';
import { expectDescribed } from './described.js';

export interface ActionCall {
  readonly url: string;
  readonly secret: string;
  readonly portalId: number;
  /** Undefined: it has none. */
  readonly callbackId: string | undefined;
  /** Default: a workflow. */
  readonly source?: string;
  readonly inputFields?: Readonly<Record<string, string>>;
  readonly workflowId?: number;
  /** Headers that replace the right ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ActionAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly outputs: Readonly<Record<string, string>>;
}

/** One action call, signed as HubSpot signs (v2), for calls that the sandbox would never make. */
export async function callAction(call: ActionCall): Promise<ActionAnswer> {
  const body = JSON.stringify({
    callbackId: call.callbackId,
    origin: { portalId: call.portalId, actionDefinitionId: 33_540_999, actionDefinitionVersion: 1 },
    context: { source: call.source ?? 'WORKFLOWS', workflowId: call.workflowId ?? 4711, actionId: 1 },
    object: { objectId: 1, objectType: 'CONTACT' },
    inputFields: call.inputFields ?? {},
  });
  const response = await fetch(call.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-hubspot-signature': signV2(call.secret, 'POST', call.url, body),
      'x-hubspot-signature-version': 'v2',
      ...call.headers,
    },
    body,
  });
  const text = await response.text();
  const contentType = response.headers.get('content-type');
  expectDescribed({ method: 'POST', url: call.url, status: response.status, contentType, text });
  const { outputFields = {} } = JSON.parse(text) as { outputFields?: Record<string, string> };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), outputs: outputFields };
}

/** Headers of a v3 signature that was made with another secret, as a forger would make it. */
export function forgedV3(): Record<string, string> {
  const timestamp = String(Date.now());
  return {
    'x-hubspot-signature-v3': signV3('not the secret', 'POST', 'https://elsewhere.example', '{}', timestamp),
    'x-hubspot-request-timestamp': timestamp,
  };
}
