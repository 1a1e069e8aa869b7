import express, { type RequestHandler } from 'express';
import pg from 'pg';
import '../../src/db/pool.js'; // bigints as text, as in production
import { bodiesBy, jsonBody } from '../../src/api/http/body.js';
import { operationsRouter } from '../../src/api/http/operationsRouter.js';
import { LANE_OPERATIONS } from '../../src/api/throttle/laneOperations.js';
import type { ApiKey } from '../../src/db/workspaces/apiKeys.js';

/**
 * One list of lanes served twice by one process: through the adapter of operations, and by a route that calls `run`
 * itself. It tells on demand how much processor time it has taken.
 */
const [databaseUrl = '', workspaceId = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit()); // who started it is gone

const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 });
const list = LANE_OPERATIONS.find(({ id }) => id === 'listLanes');
if (!list) throw new Error('There is no operation listLanes');
const key: ApiKey = { id: 'bench', workspaceId, scopes: ['admin'], expiresAt: null };
const known: RequestHandler = (request, _response, next) => {
  request.apiKey = key;
  next();
};
const unused = {} as never;
const app = express();
app.use(bodiesBy(jsonBody('256kb')));
app.use(
  '/api/lanes',
  known,
  operationsRouter('/lanes', [list] as never, { pool } as never, {
    answerCheck: () => undefined,
    pool,
    sealing: unused,
  }),
);
app.get('/bare', known, async (request, response) => {
  const caller = { workspaceId, key, actor: 'bench' };
  const query = { limit: Number(request.query.limit) };
  const { status, body } = await list.run({ pool } as never, caller, { query } as never);
  response.status(status).json(body);
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
