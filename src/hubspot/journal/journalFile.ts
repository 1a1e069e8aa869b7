import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Config } from '../../platform/config/config.js';
import { vettedLookup, type ResolveName } from '../../platform/outbound/vettedLookup.js';
import { outboundUrlProblem } from '../../platform/outbound/outboundUrl.js';

/*
 * Files of the webhooks journal: HubSpot names them by signed addresses on hosts of others. They are read from hosts
 * that may have them, by https, from public addresses, without redirects, up to a size and within a time, and without
 * any token of ours.
 */

export type FileRead =
  | { readonly kind: 'read'; readonly text: string }
  /** The address may not be asked, as the settings are, nor others like it. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** It is there, and no good: another try does not help. */
  | { readonly kind: 'unfit'; readonly code: string; readonly message: string }
  /** It has expired, or it did not work now: another address is asked for. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export type ReadJournalFile = (
  address: string,
  /** The file is to be there within so long, and within its own deadline. */
  how?: { readonly deadlineMs?: number },
) => Promise<FileRead>;

/** HubSpot's files have up to 5 MB. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024;
const DEADLINE_MS = 60_000;
const MAX_HEADER_BYTES = 16 * 1024;

export function createJournalFileReader({
  config,
  maxBytes = MAX_FILE_BYTES,
  deadlineMs = DEADLINE_MS,
  resolve,
}: {
  readonly config: Pick<Config, 'HUBSPOT_API_BASE_URL' | 'WEBHOOKS_JOURNAL_FILE_HOSTS'>;
  readonly maxBytes?: number;
  readonly deadlineMs?: number;
  readonly resolve?: ResolveName;
}): ReadJournalFile {
  const hosts = config.WEBHOOKS_JOURNAL_FILE_HOSTS.split(',').map((one) =>
    patternOf(one.trim().toLowerCase()),
  );

  return async (address, how = {}) => {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (!url) return refused('address', 'HubSpot named a file by something that is no address');
    // A stand-in for HubSpot, such as the sandbox, has its files itself, wherever it is.
    const isStandIn = url.origin === new URL(config.HUBSPOT_API_BASE_URL).origin;
    if (!isStandIn) {
      if (outboundUrlProblem(address, { allowLocal: false }) !== undefined || url.port !== '')
        return refused('address', 'HubSpot named a file that is not at a public address by https');
      if (!hosts.some((pattern) => pattern.test(url.hostname)))
        return refused(
          'host',
          `HubSpot named a file on ${url.hostname.slice(0, 100)}, which is not among WEBHOOKS_JOURNAL_FILE_HOSTS`,
        );
    }
    return download(url, {
      ...{ maxBytes, deadlineMs: Math.ceil(Math.min(deadlineMs, how.deadlineMs ?? Infinity)) },
      lookup: vettedLookup({ allowPrivate: isStandIn, ...(resolve && { resolve }) }),
    });
  };
}

/** `*.` at the beginning stands for any names, a `*` elsewhere for one. */
function patternOf(host: string): RegExp {
  const parts = host.split('*').map((part) => part.replaceAll('.', '\\.'));
  const text = parts.join('[a-z0-9-]+');
  return new RegExp(host.startsWith('*.') ? `^(?:[a-z0-9-]+\\.)*${text}$` : `^${text}$`);
}

function download(
  url: URL,
  { maxBytes, deadlineMs, lookup }: { maxBytes: number; deadlineMs: number; lookup: LookupFunction },
): Promise<FileRead> {
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const request = (url.protocol === 'http:' ? http : https).get(
      url,
      {
        headers: { accept: 'application/json', 'user-agent': 'sluice' },
        ...{ lookup, agent: false, maxHeaderSize: MAX_HEADER_BYTES, signal: AbortSignal.timeout(deadlineMs) },
      },
      (response) => {
        const { statusCode = 0 } = response;
        if (statusCode !== 200) {
          response.destroy();
          return done(
            statusCode >= 300 && statusCode < 400
              ? refused('redirect', 'The file of the journal is elsewhere; redirects are not followed')
              : failed(`status_${statusCode}`, `The file of the journal was answered with ${statusCode}`),
          );
        }
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxBytes) {
            const message = `A file of the journal is larger than ${maxBytes} bytes`;
            done({ kind: 'unfit', code: 'too_large', message });
            response.destroy();
          } else chunks.push(chunk);
        });
        response.on('end', () => done({ kind: 'read', text: Buffer.concat(chunks).toString('utf8') }));
        response.on('error', (error) => done(broken(error, deadlineMs)));
      },
    );
    request.on('error', (error) => done(broken(error, deadlineMs)));
  });
}

function broken(error: NodeJS.ErrnoException, deadlineMs: number): FileRead {
  if (error.name === 'NotPublic') return refused('address', error.message);
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return failed('timeout', `A file of the journal was not there within ${deadlineMs} ms`);
  return failed(error.code ?? error.name, 'A file of the journal could not be read');
}

const refused = (code: string, message: string): FileRead => ({ kind: 'refused', code, message });
const failed = (code: string, message: string): FileRead => ({ kind: 'failed', code, message });
