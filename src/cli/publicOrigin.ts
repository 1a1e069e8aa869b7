import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

/** Whether a request to an origin arrives at a port of this machine. */
export type Reached = { readonly isReached: true } | { readonly isReached: false; readonly because: string };

const DEADLINE_MS = 10_000;

/**
 * Asks the origin, from outside as HubSpot does, for what is answered at the port. Where nothing listens there yet it
 * is answered here, with a word that nobody else knows; where the service runs already, it has to be healthy.
 */
export async function lookAtOrigin(origin: string, port: number): Promise<Reached> {
  const word = randomUUID();
  const server = createServer((_request, response) => response.end(word));
  const isOurs = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  try {
    const answer = await fetch(`${origin}/healthz`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await answer.text();
    if (isOurs && text === word) return { isReached: true };
    if (!isOurs && answer.ok) return { isReached: true };
    return {
      isReached: false,
      because: `${origin} is answered (${answer.status}), but not by port ${port} of this machine`,
    };
  } catch (error) {
    return { isReached: false, because: `${origin} does not answer: ${reasonOf(error)}` };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What `fetch` says lies in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
