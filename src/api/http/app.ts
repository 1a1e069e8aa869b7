import { randomUUID } from 'node:crypto';
import express, { type RequestHandler } from 'express';
import { rateLimit, type RateLimitRequestHandler } from 'express-rate-limit';
import helmet from 'helmet';
import { createHeadSigner } from '../../services/audit/headSigner.js';
import { createAuditChains } from '../../services/audit/auditChains.js';
import type { Config } from '../../platform/config.js';
import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import type { Health } from '../../platform/health.js';
import type { Sealing } from '../../secrets/sealing.js';
import { withLogContext, type Logger } from '../../platform/logger.js';
import type { Metrics } from '../../platform/metrics.js';
import { auditTrailRouter } from '../audit/auditTrail.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import type { PortalStarter } from '../../temporal/portals/starter.js';
import { apiKeyOf, authenticate } from './authenticate.js';
import { configRouter } from '../throttle/actionRates.js';
import { executionsRouter } from '../throttle/executions.js';
import { healthRouter } from './healthRouter.js';
import type { KeyCache } from './keyCache.js';
import { keysRouter } from '../workspaces/keys.js';
import { browserRouter } from '../portals/install/browserRouter.js';
import { startPortalWorkflow } from '../portals/startPortalWorkflow.js';
import type { InstallOAuth } from '../portals/install/obtainGrant.js';
import { manageRouter } from '../portals/install/manageRouter.js';
import { lanesRouter } from '../throttle/lanes.js';
import { noticesRouter } from '../workspaces/notices.js';
import { eventsBody, eventsRouter } from '../outbox/events.js';
import { outboxDependencies } from '../outbox/outboxDependencies.js';
import { mappingsRouter } from '../outbox/mappings.js';
import { outboxPortalsRouter } from '../outbox/portals.js';
import { deadLettersRouter } from '../outbox/deadLetters.js';
import { statsRouter } from '../outbox/stats.js';
import { portalsRouter } from '../portals/portals.js';
import { portalStatusRouter } from '../portals/portalStatus.js';
import { problemHandler, routeNotFound } from './problem.js';
import { auditRefusals } from './auditRefusals.js';
import type { ThrottleControl } from '../throttle/throttleControl.js';
import { workspaceRouter } from '../workspaces/workspace.js';

export interface AppDeps {
  readonly pool: Pool;
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  /** HubSpot's endpoint. It reads the raw body itself, since that is what is signed. */
  readonly actionHandler: RequestHandler;
  readonly throttle: ThrottleControl;
  readonly sealing: Sealing;
  /** Whoever listens to the database tells it which keys have changed. */
  readonly keys: KeyCache;
  readonly oauth: InstallOAuth;
  readonly temporal: PortalStarter & OutboxStarter;
}

const REFUSED_PER_MINUTE = 60;
/** Of one address; many people may come from one. */
const BROWSERS_PER_MINUTE = 300;

export function createApp(deps: AppDeps): express.Express {
  const { pool, config, logger, metrics, health, throttle, sealing, keys, oauth, temporal } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  // First of all and past everything else: up to 300 calls a second arrive here, and none needs what follows.
  app.post('/api/hubspot/action', deps.actionHandler);

  app.use(identifyRequest);
  app.use(observeRequest(metrics, logger));
  app.use(helmet());
  app.use(healthRouter({ health, metrics }));

  const installs = { pool, config, logger, sealing };
  const startInstall = startPortalWorkflow(logger, temporal.startInstall);
  const limit = limiter(BROWSERS_PER_MINUTE, (request) => request.ip ?? 'unknown');
  app.use('/api/integrations/hubspot', browserRouter({ ...installs, oauth, startInstall, limit }));

  const api = express.Router();
  // Only who has no valid key is counted by address; those who have one are counted by key, wherever they come from.
  const onRefused = limiter(REFUSED_PER_MINUTE, (request) => request.ip ?? 'unknown');
  api.use(authenticate({ keys, onRefused }));
  api.use(limiter(config.API_REQUESTS_PER_MINUTE, (request) => apiKeyOf(request).id));
  api.use(onlyJson);
  api.use('/events', eventsBody());
  api.use(express.json({ limit: '256kb' }));

  const signer = createHeadSigner(config.ENCRYPTION_KEYS);
  const auditChains = createAuditChains({ pool, signer, logger, metrics });
  api.use('/portals', portalStatusRouter({ pool, config }));
  api.use('/portals', portalsRouter({ pool, sealing, logger, startInstall }));
  api.use('/config', configRouter({ pool, config, logger, throttle }));
  api.use('/lanes', lanesRouter({ pool, config, logger, throttle }));
  api.use('/executions', executionsRouter({ pool, config, logger, throttle }));
  api.use('/workspace', workspaceRouter({ pool, config, sealing, logger }));
  api.use('/keys', keysRouter({ pool, config, logger }));
  api.use('/notices', noticesRouter({ pool, logger }));
  const outbox = outboxDependencies({ pool, config, logger, temporal, metrics: metrics.outbox });
  api.use('/events', eventsRouter(outbox));
  api.use('/outbox', statsRouter(outbox));
  api.use('/outbox', deadLettersRouter(outbox));
  api.use('/outbox', mappingsRouter(outbox));
  api.use('/outbox', outboxPortalsRouter(outbox));
  api.use('/audit', auditTrailRouter({ pool, auditChains }));
  const startDisconnect = startPortalWorkflow(logger, temporal.startDisconnect);
  api.use('/integrations/hubspot', manageRouter({ ...installs, startDisconnect }));
  app.use('/api', api);

  app.use(routeNotFound);
  app.use(auditRefusals({ pool, logger }));
  app.use(problemHandler(logger));
  return app;
}

/** `X-Request-Id` as the caller gave it, or a new one; every line that is logged for this request carries it. */
const identifyRequest: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id');
  const requestId = given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
  response.locals.requestId = requestId;
  response.set('X-Request-Id', requestId);
  withLogContext({ requestId }, next);
};

function observeRequest(metrics: Metrics, logger: Logger): RequestHandler {
  return (request, response, next) => {
    const from = performance.now();
    response.once('finish', () => {
      // The route as it is written, never the path: ids would make a series of each.
      const matched: unknown = (request.route as { path?: unknown } | undefined)?.path;
      const route = typeof matched === 'string' ? `${request.baseUrl}${matched}` : 'none';
      const ms = performance.now() - from;
      metrics.apiRequests.inc({ method: request.method, route, status: response.statusCode });
      metrics.apiRequestSeconds.observe({ route }, ms / 1000);
      logger.debug('Answered', {
        method: request.method,
        route,
        status: response.statusCode,
        ms: Math.round(ms),
        apiKeyId: request.apiKey?.id,
      });
    });
    next();
  };
}

const onlyJson: RequestHandler = (request, _response, next) => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody && !request.is('application/json')) {
    throw new AppError(
      'unsupported_media_type',
      'Send the body as JSON, with Content-Type: application/json',
    );
  }
  next();
};

function limiter(
  perMinute: number,
  keyGenerator: (request: express.Request) => string,
): RateLimitRequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator,
    // The key is ours or the peer's address as the socket has it: the library's warnings about proxies do not apply.
    validate: false,
    handler(_request, response, next, options) {
      const message = `More than ${perMinute} requests in a minute; try again when RateLimit says so`;
      const retryAfter = Number(response.get('Retry-After'));
      next(
        new AppError('too_many_requests', message, {
          retryAfterMs: (retryAfter || options.windowMs / 1000) * 1000,
        }),
      );
    },
  });
}
