import { Router } from 'express';
import type { Health } from '../../platform/health.js';

/** What orchestrators and load balancers ask: open, and free of anything that belongs to a tenant. */
export function healthRouter({ health }: { health: Health }): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    const { status, body } = health.live();
    response.status(status).json(body);
  });

  router.get('/readyz', async (_request, response) => {
    const { status, body } = await health.ready();
    response.status(status).json(body);
  });

  return router;
}
