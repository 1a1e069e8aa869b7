import { startSandbox } from '../../../sandbox/server.js';
import type { Logger } from '../../../src/platform/logger.js';
import { startApi, type ApiHarness } from '../http/harness.js';
import { expectDescribed } from '../../support/described.js';

export const PORTAL = 62_515;
export const CALLBACK = '/api/integrations/hubspot/callback';

export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly headers: Headers;
  readonly text: string;
}

/** The API with the sandbox for HubSpot, and browsers that keep cookies and follow nothing by themselves. */
export async function startInstalls(env: Readonly<Record<string, string>> = {}, logger?: Logger) {
  const sandbox = await startSandbox({
    seed: 1,
    app: { clientId: 'client', clientSecret: 'secret', appId: 1 },
  });
  const api = await startApi({}, { HUBSPOT_API_BASE_URL: sandbox.url, ...env }, logger);

  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${sandbox.url}/_sandbox${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** What a click on HubSpot's page leads to. */
  async function click(url: string, choice: { portalId?: number; deny?: boolean; scopes?: string[] } = {}) {
    const { location } = await control<{ location: string }>('POST', '/oauth/authorize', {
      portalId: PORTAL,
      url,
      ...choice,
    });
    return location;
  }

  async function link(plan: Record<string, unknown> = {}, client = api.api): Promise<string> {
    const { url } = await client.must<{ url: string }>('POST', '/api/integrations/hubspot/links', plan);
    return url;
  }

  /** From the link to the page at the end. */
  async function install(
    browser: Browser,
    plan: Parameters<typeof link>[0] = {},
    choice: Parameters<typeof click>[1] = {},
  ) {
    const opened = await browser.begin(await link(plan));
    if (opened.location === undefined) throw new Error(`The link leads nowhere: ${opened.text}`);
    return browser.get(await click(opened.location, choice));
  }

  await control('POST', '/portals', { portalId: PORTAL, name: 'Acme' });
  return {
    api,
    sandbox,
    control,
    click,
    link,
    install,
    rows: async (sql: string, values: unknown[] = []) =>
      (await api.database.admin.query<Record<string, unknown>>(sql, values)).rows,
    async close() {
      await api.close();
      await sandbox.close();
    },
  };
}

export type Installs = Awaited<ReturnType<typeof startInstalls>>;

/** Keeps the cookies of one site as a browser does, and shows redirects instead of following them. */
export class Browser {
  readonly cookies = new Map<string, string>();
  /** As they were set last. */
  setCookies: string[] = [];

  /** Opens a link and goes on from its page, as a person does who reads it and agrees. */
  async begin(url: string): Promise<Answer> {
    const page = await this.get(url);
    if (page.status !== 200) return page;
    const proof = /name="proof" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    return this.submit(url, { proof });
  }

  get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(url, { headers });
  }

  submit(url: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    return this.send(url, { method: 'POST', body: new URLSearchParams(fields) });
  }

  private async send(
    url: string,
    {
      headers = {},
      ...init
    }: { method?: string; body?: URLSearchParams; headers?: Readonly<Record<string, string>> },
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html,*/*;q=0.8', ...(cookie === '' ? {} : { cookie }), ...headers },
    });
    this.setCookies = response.headers.getSetCookie();
    for (const one of this.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
      this.cookies.set(name, value);
    }
    const location = response.headers.get('location') ?? undefined;
    const { status, headers: answered } = response;
    const text = await response.text();
    const contentType = answered.get('content-type');
    expectDescribed({ method: init.method ?? 'GET', url, status, contentType, text });
    return { status, location, headers: answered, text };
  }
}

/** The text of a page, without its markup and its style. */
export function textOf(page: string): string {
  return page
    .replace(/<style>[^]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');
}

export type { ApiHarness };
