import express from 'express';
import helmet from 'helmet';
import type { Pool } from '../../db/pool.js';
import type { Config } from '../../platform/config/config.js';
import type { Health } from '../../platform/health.js';
import type { Logger } from '../../platform/logger.js';
import type { Metrics } from '../../platform/metrics.js';
import type { ApiRoom } from '../room.js';
import { auditRefusals } from './auditRefusals.js';
import { apiKeyOf, authenticate } from './authenticate.js';
import { bodiesBy, jsonBody } from './body.js';
import { addressOf } from './clientAddress.js';
import { frontRouter } from './frontRouter.js';
import { healthRouter } from './healthRouter.js';
import { createHttpInstruments } from './instruments.js';
import type { KeyCache } from './keyCache.js';
import { announceRequest, identifyRequest, observeRequest } from './observeRequest.js';
import { mountedAt } from './matchedRoute.js';
import { paced } from './paced.js';
import { perMinute } from './perMinute.js';
import { problemHandler, routeNotFound } from './problem.js';

export interface AppDeps {
  readonly pool: Pool;
  readonly config: Pick<
    Config,
    'API_REQUESTS_PER_MINUTE' | 'TRUSTED_PROXIES' | 'PRODUCT_NAME' | 'PUBLIC_URL' | 'LOG_FORMAT'
  >;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  /** The listener to the database tells it which keys have changed. */
  readonly keys: KeyCache;
}

/** Requests without a valid key, of one address. */
const REFUSED_PER_MINUTE = 60;
/** Keys of one address that are looked up though they were never valid here: more than are refused, so that those who
 * have one get in beside somebody who guesses. */
const UNKNOWN_PER_MINUTE = 120;

/** The API: open pages and probes, then everything that needs an API key. HubSpot's calls do not come here. */
export function createApp(deps: AppDeps, rooms: readonly ApiRoom[]): express.Express {
  const { pool, config, logger, metrics, health, keys } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', config.TRUSTED_PROXIES);

  app.use(identifyRequest);
  app.use(announceRequest(config, logger));
  app.use(observeRequest(createHttpInstruments(metrics), logger));
  app.use(helmet());
  app.use(frontRouter(config));
  app.use(healthRouter({ health }));
  for (const { path, router } of rooms.flatMap(({ open = [] }) => open))
    app.use(path, mountedAt(path), router);

  const api = express.Router();
  const keyOf = (request: express.Request) => apiKeyOf(request).id;
  // A request without a valid key is counted by its address; one with a key by the key, wherever it comes from.
  const withKey = [
    authenticate({
      keys,
      onUnknown: perMinute(UNKNOWN_PER_MINUTE, addressOf, { told: false }),
      onRefused: perMinute(REFUSED_PER_MINUTE, addressOf),
    }),
    perMinute(config.API_REQUESTS_PER_MINUTE, keyOf),
    paced({ perMinute: config.API_REQUESTS_PER_MINUTE }, keyOf),
  ];
  api.use(...withKey);
  const json = jsonBody('256kb');
  const keyed = rooms.flatMap(({ keyed: mounts = [] }) => mounts);
  for (const { path, body = json, router } of keyed)
    api.use(path, inOneLayer(mountedAt(`/api${path}`), bodiesBy(body), router));
  app.use('/api', api);
  const atRoot = rooms.flatMap(({ keyedAtRoot: mounts = [] }) => mounts);
  for (const { path, body = json, router } of atRoot)
    app.use(path, inOneLayer(...withKey, mountedAt(path), bodiesBy(body), router));

  app.use(routeNotFound);
  const mounts = [...keyed.map(({ path }) => `/api${path}`), ...atRoot.map(({ path }) => path)];
  app.use(auditRefusals({ pool, logger, mounts }));
  app.use(problemHandler(logger));
  return app;
}

/** Express compares a request's path with each layer, one by one: a mount is one of them, and not one for each part. */
function inOneLayer(...handlers: express.RequestHandler[]): express.Router {
  return express.Router().use(...handlers);
}
