import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Router, type RequestHandler } from 'express';
import { Marked } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { Html, markup } from '../http/markup.js';
import { notFound } from '../http/input.js';
import { referencePage, sendReferencePage } from './sendReferencePage.js';

/** They lie beside the sources and beside what was built. */
const DOCS = path.resolve(import.meta.dirname, '../../../docs');
const NAME = /^(?:decisions\/)?[\w-]+$/;

/** The documents of this release, as pages: links of runbooks work wherever the service runs. */
export function guideRouter(title: string): Router {
  /** Rendered once: nobody is known here, and a long document costs some milliseconds. */
  const pages = new Map<string, Promise<Buffer>>();
  const page: RequestHandler = async (request, response) => {
    const { name: parts = ['README'] } = request.params as { name?: string[] };
    const name = parts.join('/');
    const file = path.join(DOCS, `${name}.md`);
    if (!NAME.test(name) || !existsSync(file)) throw notFound('page of the guide');
    const known = pages.get(name) ?? readPage(title, name, file);
    pages.set(name, known);
    known.catch(() => pages.delete(name)); // it is read anew, and this request says why
    sendReferencePage(response, await known);
  };
  const router = Router();
  router.get('/docs/guide', page);
  router.get('/docs/guide/*name', page);
  return router;
}

async function readPage(title: string, name: string, file: string): Promise<Buffer> {
  const text = await readFile(file, 'utf8');
  return referencePage({
    title: `${title}: ${/^# (.+)$/m.exec(text)?.[1] ?? name}`,
    styles: ['/docs/assets/guide.css'],
    body: markup`<nav><a href="/docs/guide">Guide</a> · <a href="/docs">API</a></nav>
${new Html(renderGuide(text, name))}`,
  });
}

/** A document as HTML, its links to other documents as links to their pages. What lies outside of docs is no link. */
export function renderGuide(text: string, name: string): string {
  const marked = new Marked(gfmHeadingId());
  marked.use({
    renderer: {
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        const to = pageOf(href, name);
        return to === undefined ? words : `<a href="${encodeURI(to)}">${words}</a>`;
      },
    },
  });
  return marked.parse(text, { async: false });
}

function pageOf(href: string, from: string): string | undefined {
  if (/^(?:https?:|#)/.test(href)) return href;
  const [target = '', anchor] = href.split('#', 2);
  const file = path.posix.join(path.posix.dirname(from), target);
  const page = /^(?<page>[^.].*)\.md$/.exec(file)?.groups?.page;
  if (page === undefined || !NAME.test(page)) return undefined;
  return `/docs/guide/${page}${anchor === undefined ? '' : `#${anchor}`}`;
}
