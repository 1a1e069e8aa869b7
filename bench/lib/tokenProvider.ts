import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** HubSpot's token endpoint as far as a refresh sees it: it takes its time, and counts. */
export interface TokenProvider {
  readonly url: string;
  /** Refreshes per refresh token. */
  readonly calls: ReadonlyMap<string, number>;
  reset(): void;
  stop(): void;
}

/** The same refresh token takes the same time, whoever sends it. */
export async function startTokenProvider(ms: { least: number; most: number }): Promise<TokenProvider> {
  const calls = new Map<string, number>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      const refreshToken = new URLSearchParams(body).get('refresh_token') ?? '';
      const nth = (calls.get(refreshToken) ?? 0) + 1;
      calls.set(refreshToken, nth);
      setTimeout(
        () => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(
            JSON.stringify({
              token_type: 'bearer',
              access_token: `access-${refreshToken}-${nth}`,
              refresh_token: refreshToken,
              expires_in: 1800,
              hub_id: Number(refreshToken.split('-')[1]),
              scopes: ['oauth'],
            }),
          );
        },
        ms.least + shareOf(refreshToken) * (ms.most - ms.least),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    reset: () => calls.clear(),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Evenly spread over 0…1. */
function shareOf(refreshToken: string): number {
  const n = Number(refreshToken.split('-')[1] ?? 0);
  return (n * 0.618_033_988_75) % 1;
}
