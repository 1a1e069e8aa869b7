import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type ApiHarness } from './harness.js';

const DOCS = path.resolve(import.meta.dirname, '../../../docs');
const pages = readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.slice(0, -'.md'.length));

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
});
afterAll(() => harness.close());

const get = async (at: string) => {
  const answer = await fetch(`${harness.url}${at}`);
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
};

describe('the guide', () => {
  it('has a page for each document, and each link of one leads to another or to its heading', async () => {
    const broken: string[] = [];
    // Each is read once: an address has so many a minute.
    const read = new Map<string, { status: number; text: string }>();
    for (const page of pages) read.set(page, await get(`/docs/guide/${page}`));
    for (const [page, { status, text }] of read) {
      if (status !== 200) broken.push(`${page}: ${status}`);
      for (const [, to = '', anchor] of text.matchAll(/href="(\/docs\/guide\/[^"#]+|#)?(?:#([^"]*))?"/g)) {
        const target = to === '' ? page : to.slice('/docs/guide/'.length);
        const known = pages.includes(target);
        if (!known) broken.push(`${page} -> ${to}`);
        else if (anchor !== undefined && !read.get(target)?.text.includes(`id="${anchor}"`))
          broken.push(`${page} -> ${target}#${anchor}`);
      }
    }
    expect(broken).toEqual([]);
  }, 60_000);

  it('shows nothing that lies outside of the documents', async () => {
    for (const at of ['../package', '..%2Fpackage', 'nothing', 'decisions/../../package', '%00'])
      expect([400, 404]).toContain((await get(`/docs/guide/${at}`)).status);
    expect((await get(`/docs/assets/${'package.json'}`)).status).toBe(404);
  });

  it('forbids a page to load anything of others', async () => {
    const policy = (await get('/docs')).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it('is what stands in the file', async () => {
    const title = /^# (.+)$/m.exec(readFileSync(path.join(DOCS, 'laws.md'), 'utf8'))![1];
    expect((await get('/docs/guide/laws')).text).toMatch(new RegExp(`<h1 id="[^"]+">${title}</h1>`));
  });
});
