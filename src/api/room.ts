import type { RequestHandler, Router } from 'express';
import type { SignatureTakes, SignatureVersion } from '../hubspot/incoming/signature.js';
import type { Running } from '../platform/lifecycle.js';
import type { SearchSource } from './search/searchSource.js';
import type { AttentionSource } from './attention/attentionSource.js';

export interface Mount {
  readonly path: string;
  readonly router: Router;
}

/** A call of HubSpot's, its signature verified. */
export interface SignedCall {
  /** The bytes that were signed. */
  readonly body: Buffer;
  /** Path and query as received. */
  readonly url: string;
  readonly version: SignatureVersion;
}

export interface SignedAnswer {
  /** The label under which the call is counted. */
  readonly result: string;
  readonly status: number;
  readonly body: object;
  readonly retryAfterMs?: number | undefined;
}

/**
 * A route that HubSpot calls and signs: actions, webhooks, options of fields. What is in front of `answer` (limits,
 * headers, body, signature, time) is the same for all: src/api/http/signedCalls.ts.
 */
export interface SignedRoute {
  readonly method: 'GET' | 'POST';
  /** From the root; `:name` in it stands for any one word. */
  readonly path: string;
  readonly maxBytes: number;
  /** What HubSpot signs it with where it does not sign with v3. */
  readonly signatures: SignatureTakes;
  /** The unit in which HubSpot reads Retry-After of this route's answers (docs/hubspot.md). */
  readonly retryAfterUnit: 'milliseconds' | 'seconds';
  /** Rejects when it is not certain what became of the call: that is answered so that HubSpot calls again (law 9). */
  answer(call: SignedCall): Promise<SignedAnswer>;
  /** Told of every call to it, those that were refused before `answer` too. */
  answered(result: string, seconds: number): void;
}

/**
 * What a room hands over to the API. A room is made once per process, from the core and what it needs of other rooms.
 */
export interface ApiRoom extends Running {
  /** HubSpot's own calls, taken on the intake's listener or before everything else on the API's. */
  readonly signed?: readonly SignedRoute[];
  /** Pages and probes that need no API key. */
  readonly open?: readonly Mount[];
  /**
   * The routes below /api that need an API key. `body` reads the body where 256 KiB of JSON are not what it takes; it
   * is read when `requireScope` has let the request pass.
   */
  readonly keyed?: readonly (Mount & { readonly body?: RequestHandler })[];
  /** Routes of an old service, by the paths that its callers know, from the root; they need an API key as well. */
  readonly keyedAtRoot?: readonly (Mount & { readonly body?: RequestHandler })[];
  /** What it knows of what somebody has to know of or do something about. */
  readonly attention?: readonly AttentionSource[];
  /** What it finds by an id. */
  readonly search?: readonly SearchSource[];
}
