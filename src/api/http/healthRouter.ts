import { Router } from 'express';
import type { Health } from '../../platform/health.js';
import type { Metrics } from '../../platform/metrics.js';

/** What orchestrators and Prometheus ask; open, and free of anything that belongs to a tenant but counts. */
export function healthRouter({ health, metrics }: { health: Health; metrics: Metrics }): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    const { status, body } = health.live();
    response.status(status).json(body);
  });

  router.get('/readyz', async (_request, response) => {
    const { status, body } = await health.ready();
    response.status(status).json(body);
  });

  router.get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics.render();
    response.type(contentType).send(text);
  });

  return router;
}
