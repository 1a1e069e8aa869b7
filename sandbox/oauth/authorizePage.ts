import type { Answer } from '../platform/answer.js';
import type { App } from './app.js';
import type { Portal } from '../portals/portal.js';
import { problemOfPortal, type AuthorizeRequest } from './authorize.js';

const HEADERS = {
  'content-type': 'text/html;charset=utf-8',
  // The form is answered by a redirect to the app, which may redirect anywhere.
  'content-security-policy':
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' http: https:",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const READS: Readonly<Record<string, string>> = {
  oauth: 'Know which account it is connected to',
  automation: 'Complete the steps of your workflows',
  timeline: 'Write events into timelines',
  tickets: 'Read and change tickets',
  'crm.objects.owners.read': 'Read your users who own records',
  'analytics.behavioral_events.send': 'Send custom events',
};

/** The page on which a person chooses an account and allows or denies the app. */
export function authorizePage(
  app: App,
  request: AuthorizeRequest,
  query: string,
  portals: readonly Portal[],
  isInstalled: (portal: Portal) => boolean,
): Answer {
  const optional = request.optional.filter((scope) => !request.required.includes(scope));
  const first = portals.find((portal) => !problemOfPortal(request, portal));
  const choices = portals.map((portal) =>
    choice(request, portal, { isFirst: portal === first, isInstalled: isInstalled(portal) }),
  );
  const body = `
    <form method="post" action="/oauth/authorize?${escape(query)}" class="stack">
      <fieldset>
        <legend>Account</legend>
        ${choices.join('')}
      </fieldset>
      <section aria-labelledby="scopes-title">
        <h2 id="scopes-title">It asks to</h2>
        <ul class="scopes">${request.required.map((scope) => entry(scope, '')).join('')}
        ${optional.map((scope) => entry(scope, ' if the subscription has it')).join('')}</ul>
      </section>
      <p class="buttons">
        <button type="submit" name="decision" value="allow">Allow</button>
        <button type="submit" name="decision" value="deny" class="second">Deny</button>
      </p>
      <p class="quiet">Either way you come back to <code>${escape(new URL(request.redirectUri).host)}</code>.</p>
    </form>`;
  const none = `
    <p>There is no account to install it in. <a href="/">The sandbox's page</a> says how to create one.
    Then reload this page.</p>`;
  return page(
    200,
    `Connect app ${app.appId}`,
    `<p class="quiet">client ${escape(app.clientId)}</p>${portals.length === 0 ? none : body}`,
  );
}

/** The page for an invalid link or choice. It redirects nowhere. */
export function problemPage(problem: string): Answer {
  return page(
    400,
    'The app cannot be connected',
    `<p>${escape(problem)}</p>
    <p class="quiet">The link that led here is wrong; the maker of the app has to correct it.</p>`,
  );
}

function choice(
  request: AuthorizeRequest,
  portal: Portal,
  { isFirst, isInstalled }: { isFirst: boolean; isInstalled: boolean },
): string {
  const problem = problemOfPortal(request, portal);
  const note = problem ?? (isInstalled ? 'installed already' : '');
  const state = `${isFirst ? ' checked' : ''}${problem ? ' disabled' : ''}`;
  const details = `${portal.portalId}${note && ` · ${escape(note)}`}`;
  return `<label class="choice">
          <input type="radio" name="portalId" value="${portal.portalId}" required${state} />
          <span>${escape(portal.name)} <span class="quiet">${details}</span></span>
        </label>`;
}

function entry(scope: string, note: string): string {
  return `<li>${escape(meaning(scope))} <span class="quiet"><code>${escape(scope)}</code>${note}</span></li>`;
}

function meaning(scope: string): string {
  const [, kind, type, verb] = /^crm\.(objects|schemas)\.(\w+)\.(read|write)$/.exec(scope) ?? [];
  if (READS[scope] !== undefined) return READS[scope];
  if (type === undefined) return scope;
  const what = kind === 'schemas' ? `the properties of ${type}` : type;
  return verb === 'read' ? `Read ${what}` : `Create and change ${what}`;
}

function page(status: number, title: string, body: string): Answer {
  return {
    status,
    headers: HEADERS,
    body: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escape(title)} · HubSpot sandbox</title>
    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/assets/page.css" />
  </head>
  <body class="narrow">
    <main class="card">
      <h1>${escape(title)}</h1>
      ${body}
    </main>
  </body>
</html>
`,
  };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
}
