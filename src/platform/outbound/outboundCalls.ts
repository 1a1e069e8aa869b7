import { lookup as resolveName } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './isPublicAddress.js';
import { isLoopback, outboundUrlProblem } from './outboundUrl.js';

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
  readonly resolve?: (name: string) => Promise<{ address: string; family: number }[]>;
}

const DEADLINE_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;

export function createOutboundCalls({
  allowLocal,
  deadlineMs = DEADLINE_MS,
  resolve = resolveAll,
}: Options): OutboundCalls {
  async function post({ url: text, body, headers }: Post): Promise<PostResult> {
    const problem = outboundUrlProblem(text, { allowLocal });
    if (problem !== undefined) return { kind: 'refused', why: `The URL ${problem}` };
    const url = new URL(text);
    const local = allowLocal && isLoopback(url);
    // The socket calls this when it connects, and connects to the address that is answered here.
    const lookup: LookupFunction = (name, options, answer) => {
      resolve(name).then(
        (found) => {
          const [first] = found;
          // One bad address among good ones is a trick, not a mistake.
          if (!first || (!local && !found.every(({ address }) => isPublicAddress(address))))
            return answer(new Refused('The host name resolves to an address of a private network'), '', 4);
          if (options.all) answer(null, [first]);
          else answer(null, first.address, first.family);
        },
        (error: unknown) => answer(error instanceof Error ? error : new Error(String(error)), '', 4),
      );
    };
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
        if (error instanceof Refused) return done({ kind: 'refused', why: error.message });
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

class Refused extends Error {}

function resolveAll(name: string): Promise<{ address: string; family: number }[]> {
  return new Promise((resolve, reject) =>
    resolveName(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  );
}
