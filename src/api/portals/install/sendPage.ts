import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { Html, markup } from '../../http/markup.js';

/*
 * The pages at which an install begins and ends. Our customers' customers see them, once: no script, nothing from other
 * servers, readable without the stylesheet. The policy admits this one stylesheet by its hash and forbids everything
 * else.
 */

const STYLE = `
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--text:#1c2733;--quiet:#57636f;--line:#d8dde3;--ok:#0b6b50;--ok-ground:#e3f4ee;--bad:#a3261b;--bad-ground:#fbe9e7;--link:#0a5bb5}
@media(prefers-color-scheme:dark){:root{--ground:#12171d;--card:#1b222b;--text:#e8ecf1;--quiet:#a3afbb;--line:#33404d;--ok:#6fd6b4;--ok-ground:#12362c;--bad:#ff9d92;--bad-ground:#43201d;--link:#7db9ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem 1rem;background:var(--ground);color:var(--text);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:38rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2rem;overflow-wrap:anywhere}
.mark{display:inline-grid;place-items:center;width:2.75rem;height:2.75rem;border-radius:50%;font-size:1.35rem;font-weight:700}
.ok .mark{background:var(--ok-ground);color:var(--ok)}
.bad .mark{background:var(--bad-ground);color:var(--bad)}
main>.product{display:inline;margin:0 0 0 .75rem;color:var(--quiet);font-weight:600}
h1{margin:1rem 0 .5rem;font-size:1.5rem;line-height:1.25}
h2{margin:1.75rem 0 .5rem;font-size:1rem}
p{margin:.5rem 0}
dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.35rem 1.25rem;margin:1.25rem 0}
dt{color:var(--quiet)}
dd{margin:0}
ul,ol{margin:.5rem 0;padding-left:1.25rem}
li{margin:.25rem 0}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,monospace}
.actions button{padding:.6rem 1.1rem;border:1px solid var(--link);border-radius:8px;background:var(--link);color:var(--card);font:inherit;font-weight:600;cursor:pointer}
.missing{color:var(--bad)}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.75rem}
a{color:var(--link)}
.actions a{display:inline-block;padding:.6rem 1.1rem;border:1px solid var(--line);border-radius:8px;text-decoration:none;font-weight:600}
.actions a:first-child{background:var(--link);border-color:var(--link);color:var(--card)}
a:focus-visible,button:focus-visible{outline:3px solid var(--link);outline-offset:3px}
footer{margin-top:1.75rem;color:var(--quiet);font-size:.875rem}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** `formTargets`: where a form of the page may lead, redirects included. */
function policyOf(formTargets: string): string {
  return [
    `default-src 'none'`,
    `style-src 'sha256-${STYLE_HASH}'`,
    `base-uri 'none'`,
    `form-action ${formTargets}`,
    `frame-ancestors 'none'`,
  ].join('; ');
}

export interface Action {
  readonly href: string;
  readonly text: string;
}

/** A button that posts to us. */
export interface Form {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly text: string;
  /** Where our answer redirects to. */
  readonly leadsTo: string;
}

const MARKS = { good: '✓', bad: '!', asks: '→' } as const;

export interface PageContent {
  readonly tone: keyof typeof MARKS;
  /** What the product is called here. */
  readonly product: string;
  readonly title: string;
  readonly body: Html;
  readonly actions: readonly Action[];
  readonly form?: Form;
  /** The id under which support finds the request in the log. */
  readonly requestId: string | undefined;
}

/** Answers with a page. Links in it must be our own or of origins that the configuration allows. */
export function sendPage(response: Response, status: number, content: PageContent): void {
  response
    .status(status)
    .set({
      'Content-Security-Policy': policyOf(content.form ? formTargetsOf(content.form) : `'none'`),
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      'X-Robots-Tag': 'noindex',
    })
    .type('html')
    .send(document(content).text);
}

/** HubSpot sends people on to the host of their account's region. */
function formTargetsOf({ leadsTo }: Form): string {
  const { origin, hostname } = new URL(leadsTo);
  return [`'self'`, origin, ...(/\.hubspot\.com$/.test(hostname) ? ['https://*.hubspot.com'] : [])].join(' ');
}

function document({ tone, product, title, body, actions, form, requestId }: PageContent): Html {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${product}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main class="${tone === 'bad' ? 'bad' : 'ok'}">
<span class="mark" aria-hidden="true">${MARKS[tone]}</span>
<p class="product">${product}</p>
<h1>${title}</h1>
${body}
${form && formOf(form)}
${actions.length > 0 && markup`<p class="actions">${actions.map(linkTo)}</p>`}
${requestId !== undefined && markup`<footer>If you ask for help, give this number: <code>${requestId}</code></footer>`}
</main>
</body>
</html>
`;
}

function formOf({ action, fields, text }: Form): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => markup`<input type="hidden" name="${name}" value="${value}">`,
  );
  return markup`<form method="post" action="${action}" class="actions">${hidden}<button type="submit">${text}</button></form>`;
}

function linkTo({ href, text }: Action): Html {
  return markup`<a href="${href}">${text}</a>`;
}
