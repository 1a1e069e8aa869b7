import { Router } from 'express';
import type { Config } from '../../platform/config/config.js';
import { addressOf } from '../http/clientAddress.js';
import { perMinute } from '../http/perMinute.js';
import type { ApiRoom } from '../room.js';
import { apiPageRouter } from './apiPageRouter.js';
import { assetsRouter } from './assetsRouter.js';
import { guideRouter } from './guideRouter.js';
import type { ReferenceDocuments } from './referenceDocuments.js';

/** Requests of one address: a page is four of them. */
const PER_MINUTE = 300;

/** What the API says of itself: for whoever has no key yet, too. */
export function createReferenceRoom(
  { config: { PRODUCT_NAME } }: { config: Pick<Config, 'PRODUCT_NAME'> },
  documents: () => ReferenceDocuments,
): ApiRoom {
  const router = Router();
  router.use(['/api/openapi.json', '/api/docs', '/docs'], perMinute(PER_MINUTE, addressOf));
  router.get('/api/openapi.json', (_request, response) => {
    response.type('application/json').send(documents().json);
  });
  router.get('/docs/openapi.yaml', (_request, response) => {
    response.type('application/yaml').send(documents().yaml);
  });
  router.use(apiPageRouter(PRODUCT_NAME), guideRouter(PRODUCT_NAME), assetsRouter());
  return { open: [{ path: '/', router }] };
}
