import { Router } from 'express';
import type { OperationDescription } from '../http/operation.js';
import type { ApiRoom } from '../room.js';
import { openApiDocument } from './openApiDocument.js';
import { openApiYaml } from './openApiYaml.js';

/** What the API says of itself: for whoever has no key yet, too. */
export function createReferenceRoom(operations: readonly OperationDescription[]): ApiRoom {
  const document = openApiDocument(operations);
  const json = JSON.stringify(document);
  const yaml = openApiYaml(document);
  const router = Router();
  router.get('/api/openapi.json', (_request, response) => {
    response.type('application/json').send(json);
  });
  router.get('/docs/openapi.yaml', (_request, response) => {
    response.type('application/yaml').send(yaml);
  });
  return { open: [{ path: '/', router }], close: () => Promise.resolve() };
}
