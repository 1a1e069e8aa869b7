import http from 'node:http';
import https from 'node:https';
import { isLoopback, outboundUrlProblem } from './outboundUrl.js';
import { NotPublic, vettedLookup, type ResolveName } from './vettedLookup.js';

/*
 * Calls to URLs that a workspace names. Only https, only public addresses: the name is resolved once, its addresses are
 * checked, and the connection goes to one of them. Redirects are not followed, and only the status of the answer is
 * read.
 */

export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type PostResult =
  | { readonly kind: 'answered'; readonly status: number }
  /** The URL or its address may not be called. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

export interface OutboundCalls {
  post(post: Post): Promise<PostResult>;
}

interface Options {
  /** http to this machine, for development. */
  readonly allowLocal: boolean;
  readonly deadlineMs?: number;
  readonly resolve?: ResolveName;
}

const DEADLINE_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;

export function createOutboundCalls({
  allowLocal,
  deadlineMs = DEADLINE_MS,
  resolve,
}: Options): OutboundCalls {
  async function post({ url: text, body, headers }: Post): Promise<PostResult> {
    const problem = outboundUrlProblem(text, { allowLocal });
    if (problem !== undefined) return { kind: 'refused', why: `The URL ${problem}` };
    const url = new URL(text);
    const local = allowLocal && isLoopback(url);
    const lookup = vettedLookup({ allowPrivate: local, ...(resolve && { resolve }) });
    return new Promise((done) => {
      const request = (url.protocol === 'http:' ? http : https).request(
        url,
        {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          lookup,
          agent: false,
          maxHeaderSize: MAX_HEADER_BYTES,
          signal: AbortSignal.timeout(deadlineMs),
        },
        (response) => {
          done({ kind: 'answered', status: response.statusCode ?? 0 });
          response.destroy(); // the rest of the answer is not needed
        },
      );
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (error instanceof NotPublic) return done({ kind: 'refused', why: error.message });
        const why =
          error.name === 'TimeoutError' || error.name === 'AbortError'
            ? `No answer within ${deadlineMs} ms`
            : (error.code ?? error.name);
        done({ kind: 'failed', why });
      });
      request.end(body);
    });
  }

  return { post };
}
