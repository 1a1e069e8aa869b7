import { Router } from 'express';
import { addressOf } from '../http/clientAddress.js';
import type { OperationDescription } from '../http/operation.js';
import { perMinute } from '../http/perMinute.js';
import type { ApiRoom } from '../room.js';
import { openApiDocument } from './openApiDocument.js';
import { openApiYaml } from './openApiYaml.js';

/** Requests of one address. */
const PER_MINUTE = 120;

/** What the API says of itself: for whoever has no key yet, too. */
export function createReferenceRoom(operations: readonly OperationDescription[]): ApiRoom {
  const document = openApiDocument(operations);
  // Bytes, once: a text would be copied for each who asks, and nobody is known here.
  const json = Buffer.from(JSON.stringify(document));
  const yaml = Buffer.from(openApiYaml(document));
  const router = Router();
  router.use(['/api/openapi.json', '/docs'], perMinute(PER_MINUTE, addressOf));
  router.get('/api/openapi.json', (_request, response) => {
    response.type('application/json').send(json);
  });
  router.get('/docs/openapi.yaml', (_request, response) => {
    response.type('application/yaml').send(yaml);
  });
  return { open: [{ path: '/', router }] };
}
