import { Router } from 'express';
import type { Config } from '../../platform/config/config.js';
import { markup } from './markup.js';

const STYLE =
  'body{margin:3rem auto;max-width:44rem;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;color-scheme:light dark}dt{font-weight:600;margin-top:1rem}dd{margin:0}code{font-size:.9em}';

/** What somebody sees who opens the address of the API: what this is, and where things are. Nothing of a tenant. */
export function frontRouter(config: Pick<Config, 'PRODUCT_NAME' | 'PUBLIC_URL'>): Router {
  const { PRODUCT_NAME: name, PUBLIC_URL: url } = config;
  const router = Router();

  router.get('/', (request, response) => {
    response.set('Cache-Control', 'no-store');
    if (request.accepts(['html', 'json']) === 'json')
      return void response.json({ name, api: `${url}/api`, health: '/healthz', ready: '/readyz' });
    const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${name}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${name}</h1>
<p>This is the API.</p>
<dl>
<dt>Is it well?</dt>
<dd><a href="/readyz">/readyz</a> says whether it is ready, and if not, what to do; <a href="/healthz">/healthz</a> whether the process runs.</dd>
<dt>The API</dt>
<dd><code>curl -H "Authorization: Bearer $SLUICE_API_KEY" ${url}/api/lanes</code><br><a href="/docs">/docs</a> describes it, to read and to try; <code>npm run setup</code> prints a first key.</dd>
<dt>The command line</dt>
<dd><code>npx sluice --help</code>, in the folder of this release.</dd>
<dt>Where to begin</dt>
<dd><a href="/docs/guide">The guide</a>; <a href="/docs/guide/connecting">connecting</a> is the way to a HubSpot account: its action calls <code>${url}/api/hubspot/action</code>, an installation begins with <code>npx sluice portals connect</code>.</dd>
</dl>
</body>
</html>
`;
    response.type('html').send(page.text);
  });

  return router;
}
