import { createRequire } from 'node:module';
import path from 'node:path';
import { Router } from 'express';
import { notFound } from '../http/input.js';

const SWAGGER_UI = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
/** What of the package is served: nothing that loads anything from elsewhere. */
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** No validator: it is a server of somebody else's, which would be told where this service is. */
const START = `window.ui = SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#api',
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
});
`;
const GUIDE_STYLE = `body{margin:2rem auto;max-width:60rem;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;color-scheme:light dark}
table{border-collapse:collapse;display:block;overflow-x:auto}
td,th{border:1px solid #8888;padding:.3rem .6rem;text-align:left;vertical-align:top}
pre{overflow-x:auto;padding:.8rem;border:1px solid #8884;border-radius:.4rem}
code{font-size:.9em}img{max-width:100%}
`;
const TEXTS: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  'start.js': { type: 'text/javascript', text: START },
  'guide.css': { type: 'text/css', text: GUIDE_STYLE },
};

/** The files that the pages about this service load. */
export function assetsRouter(): Router {
  const router = Router();
  router.get('/docs/assets/:name', (request, response) => {
    const { name } = request.params;
    const own = Object.hasOwn(TEXTS, name) ? TEXTS[name] : undefined;
    if (own) return void response.type(own.type).send(own.text);
    if (!FILES.includes(name)) throw notFound('file');
    response.sendFile(name, { root: SWAGGER_UI, maxAge: '1d' });
  });
  return router;
}
