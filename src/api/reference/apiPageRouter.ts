import { Router, type RequestHandler } from 'express';
import { markup } from '../http/markup.js';
import { referencePage, sendReferencePage } from './sendReferencePage.js';

/** The API to read and to try in a browser, at /docs and /api/docs. */
export function apiPageRouter(title: string): Router {
  const bytes = referencePage({
    title: `${title}: API`,
    styles: ['/docs/assets/swagger-ui.css'],
    scripts: ['/docs/assets/swagger-ui-bundle.js', '/docs/assets/start.js'],
    body: markup`<div id="api"></div><noscript>This page needs scripts. The same to read: <a href="/docs/openapi.yaml">openapi.yaml</a>, <a href="/docs/guide">the guide</a>.</noscript>`,
  });
  const page: RequestHandler = (_request, response) => sendReferencePage(response, bytes);
  const router = Router();
  router.get('/docs', page);
  router.get('/api/docs', page);
  return router;
}
