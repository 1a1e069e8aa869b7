/**
 * A process of its own that uses tokens, for tests that need several, or one that is stopped. Its configuration is the
 * environment. `GET /ask?portal=1&callers=17` answers with what 17 callers at once got.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadConfig } from '../../src/platform/config/config.js';
import { AppError } from '../../src/platform/errors.js';
import { createLogger } from '../../src/platform/logger.js';
import { startTokens } from './tokens.js';

const config = loadConfig();
const { tokens } = startTokens(config, createLogger(config, 'tokens'));

const server = createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const callers = Array.from({ length: Number(query.get('callers')) }, () =>
    tokens.accessToken(Number(query.get('portal')), { waitMs: 60_000 }).then(
      ({ version }) => `version ${version}`,
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    ),
  );
  void Promise.all(callers).then((results) => response.end(JSON.stringify(results)));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
});
