import { Pool } from 'undici';
import type { AnswerHeaders } from './headers.js';

/*
 * The socket to HubSpot. Not the official client's `apiRequest` (13.5.0, the newest for Node 20): it hands node-fetch
 * nothing but method, headers and body, so that it opens a connection per request (`httpAgent` only reaches the
 * generated classes), follows up to 20 redirects with our token, cannot be ended by a deadline, and reads a body of any
 * size. Nor does it say whether a request that failed had been sent, which is the difference between `unavailable` and
 * `unknown`.
 */

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  deadlineMs: number;
  /** Asked at the moment of sending, when a connection is there: false, and nothing is sent. */
  maySend(): boolean;
  /** The answer has begun: HubSpot has counted the request. */
  onAnswer?(): void;
}

export type TransportResult =
  /** `body` is undefined when it was cut off, took too long or was too large. */
  | {
      kind: 'answered';
      status: number;
      headers: AnswerHeaders;
      body: string | undefined;
      cut?: 'timeout' | 'reset' | 'too_large';
    }
  | { kind: 'notSent'; reason: 'network' | 'permit' | 'timeout'; message: string }
  | { kind: 'noAnswer'; reason: 'timeout' | 'reset'; message: string };

export interface Transport {
  send(request: TransportRequest): Promise<TransportResult>;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 10 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5000;
/**
 * Shorter than the servers in front of HubSpot keep idle connections: a request on a connection that was just closed
 * would be `unknown`.
 */
const KEEP_ALIVE_MS = 4000;
export const CONNECTIONS = 256;

class Ended extends Error {
  constructor(readonly why: 'timeout' | 'too_large' | 'permit') {
    super(why);
  }
}

export function createTransport(origin: string): Transport {
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    // One total deadline (below) instead of one for each part.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  function send(request: TransportRequest): Promise<TransportResult> {
    return new Promise((resolve) => {
      let abort: ((reason: Error) => void) | undefined;
      let sent = false;
      let status = 0;
      let headers: AnswerHeaders = {};
      const chunks: Buffer[] = [];
      let bytes = 0;
      let done = false;

      const timer = setTimeout(() => {
        if (abort) abort(new Ended('timeout'));
        // It is not on a socket yet. Should its turn still come, `onRequestStart` refuses it.
        else
          finish({
            kind: 'notSent',
            reason: 'timeout',
            message: 'No connection to HubSpot within the deadline',
          });
      }, request.deadlineMs);

      function finish(result: TransportResult): void {
        if (done) return;
        done = true;
        clearTimeout(timer);
        resolve(result);
      }

      pool.dispatch(
        { method: request.method, path: request.path, headers: request.headers, body: request.body ?? null },
        {
          onRequestStart(controller) {
            if (done || !request.maySend()) return controller.abort(new Ended('permit'));
            abort = (reason) => controller.abort(reason);
            sent = true;
          },
          onResponseStart(_, statusCode, incoming) {
            if (statusCode < 200) return;
            status = statusCode;
            headers = incoming;
            request.onAnswer?.();
          },
          onResponseData(controller, chunk) {
            bytes += chunk.length;
            if (bytes > MAX_BODY_BYTES) return controller.abort(new Ended('too_large'));
            chunks.push(chunk);
          },
          onResponseEnd() {
            finish({ kind: 'answered', status, headers, body: textOf(chunks) });
          },
          onResponseError(_, error) {
            const why = error instanceof Ended ? error.why : 'reset';
            const message = error instanceof Ended ? endedMessage(error.why) : error.message;
            if (why === 'permit' || !sent)
              finish({ kind: 'notSent', reason: why === 'permit' ? 'permit' : 'network', message });
            else if (status > 0) finish({ kind: 'answered', status, headers, body: undefined, cut: why });
            else finish({ kind: 'noAnswer', reason: why === 'timeout' ? 'timeout' : 'reset', message });
          },
        },
      );
    });
  }

  return { send, close: () => pool.destroy() };
}

function endedMessage(why: Ended['why']): string {
  switch (why) {
    case 'timeout':
      return 'HubSpot did not answer within the deadline';
    case 'too_large':
      return `The answer is larger than ${MAX_BODY_BYTES} bytes`;
    case 'permit':
      return 'The permit ran out before a connection was free';
  }
}

function textOf(chunks: readonly Buffer[]): string {
  return chunks.length === 1 && chunks[0]
    ? chunks[0].toString('utf8')
    : Buffer.concat(chunks).toString('utf8');
}
