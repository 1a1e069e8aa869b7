import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { SECRET, startHarness, type Harness } from '../integration/sandbox/harness.js';
import { CHROMIUM, launchChromium, NO_CHROMIUM } from '../support/chromium.js';

const executable = CHROMIUM;
if (executable === undefined) {
  it.skip(`The sandbox's page, in a browser: ${NO_CHROMIUM}`, () => undefined);
} else {
  describe("The sandbox's page, in a browser", () => {
    let browser: Browser;
    let hubspot: Harness;

    beforeAll(async () => {
      browser = await launchChromium(executable);
    }, 60_000);
    afterAll(() => browser?.close());
    beforeEach(async () => {
      hubspot = await startHarness();
    });
    afterEach(async () => {
      await Promise.all(browser.contexts().map((context) => context.close()));
      await hubspot.close();
    });

    it('says what to do while there is no portal', async () => {
      const { page } = await open();
      await see(page, 'No portal yet');
      await see(page, 'Live · app 77 · 0 portals');
      const commands = await page.getByRole('region', { name: 'Commands' }).innerText();
      for (const path of ['', '/26816943/install', '/26816943/actions', '/26816943/workflows']) {
        expect(commands).toContain(`curl -X POST ${hubspot.url}/_sandbox/portals${path} `);
      }
      await page.getByRole('button', { name: 'Copy the commands' }).waitFor();
    });

    it('shows a portal, its workflow and its enrolments by state as they come, without a reload', async () => {
      const { page } = await open();
      await see(page, 'No portal yet');

      const portal = await hubspot.portal({ steps: [{ max_throughput: '50' }] });
      await see(page, `portal ${portal.portalId} · `);
      await see(page, 'max_throughput 50');
      await see(page, 'Live · app 77 · 1 portal');
      await page.getByText('No portal yet').waitFor({ state: 'detached' });

      await portal.enrol(5);
      await page.getByRole('img', { name: '5 waiting', exact: true }).waitFor();
      await see(page, `workflow ${portal.workflowId} · 5 records enrolled`);

      await portal.completeBatch(hubspot.calls.slice(0, 2).map(({ callbackId }) => callbackId));
      await page.getByRole('img', { name: '2 completed, 3 waiting', exact: true }).waitFor();
      expect(await page.locator('.legend li:visible').allInnerTexts()).toEqual(['completed 2', 'waiting 3']);
    });

    it('lets a person enrol records with the keyboard alone, and counts them', async () => {
      const portal = await hubspot.portal();
      const { page } = await open();
      await see(page, `workflow ${portal.workflowId} · 0 records enrolled`);

      await tabTo(page, 'count');
      await page.keyboard.type('7');
      await page.keyboard.press('Tab');
      await page.keyboard.type('0');
      await page.keyboard.press('Enter');

      await page.getByRole('status').getByText('7 records enrolled.').waitFor();
      await page.getByRole('img', { name: '7 waiting', exact: true }).waitFor();
      await see(page, `workflow ${portal.workflowId} · 7 records enrolled`);
      // The page is drawn anew every second, and the field in which a person types keeps its focus.
      expect(await page.evaluate('document.activeElement.name')).toBe('ratePerSecond');
      expect(hubspot.calls).toHaveLength(7);
    });

    it('shows an installation, and lets a person take away a scope, the refresh tokens, and the app', async () => {
      const portal = await hubspot.portal({ lifetimeSeconds: 1_800 });
      await hubspot.control('POST', `/portals/${portal.portalId}/crm/contacts/seed`, { count: 1_234 });
      const { page } = await open();
      await see(page, '1 live access token');
      await see(page, '1 live refresh token');
      await see(page, 'contacts 1,234');

      await page.locator('.install summary').click();
      await page.getByRole('button', { name: 'Remove automation' }).click();
      await page.getByRole('button', { name: 'Remove automation' }).waitFor({ state: 'detached' });
      expect((await portal.completeBatch([])).status).toBe(403);

      await page.getByRole('button', { name: 'Revoke refresh tokens' }).click();
      await see(page, '0 live refresh tokens');
      expect((await portal.completeBatch([])).status).toBe(403);

      await page.getByRole('button', { name: 'Uninstall' }).click();
      await see(page, 'app not installed');
      expect((await portal.completeBatch([])).status).toBe(401);
    });

    it('has an editor for a step of an action that is defined, with options that are fetched when they are wanted', async () => {
      const portal = await hubspot.portal();
      const options = createServer((_, response) =>
        response.end(JSON.stringify({ options: [{ label: 'Large', value: 'l' }] })),
      );
      await new Promise<void>((resolve) => options.listen(0, '127.0.0.1', resolve));
      try {
        const field = (name: string, more: object) => ({
          typeDefinition: { name, type: 'string', fieldType: 'text', options: [], ...more },
          isRequired: name === 'who',
        });
        const optionsUrl = `http://127.0.0.1:${(options.address() as AddressInfo).port}/options`;
        const made = await hubspot.ask('POST', '/automation/v4/actions/77?hapikey=sandbox-developer-key', {
          ...{ actionUrl: hubspot.actionUrl, published: false, objectTypes: [], functions: [] },
          inputFields: [
            field('who', {}),
            field('size', { type: 'enumeration', fieldType: 'select', optionsUrl }),
          ],
          labels: { en: { actionName: 'Greet', inputFieldLabels: { who: 'Who', size: 'Size' } } },
        });
        expect(made.status).toBe(201);
        const { page, troubles } = await open();
        await page.getByLabel('Who').fill('Ada');
        await page.getByLabel('Size').focus();
        await page.getByRole('option', { name: 'Large' }).waitFor({ state: 'attached' });
        await page.getByLabel('Size').selectOption('l');
        await page.getByRole('button', { name: 'Make a workflow with it' }).click();
        await see(page, 'size l');
        expect(troubles).toEqual([]);
        const { workflows } = (await hubspot.control('GET', '/portals')).body.items[0];
        expect(workflows.at(-1).steps[0]).toMatchObject({ inputFields: { who: 'Ada', size: 'l' } });
        expect(portal.workflowId).not.toBe(workflows.at(-1).workflowId);
      } finally {
        options.close();
      }
    });

    it('has an authorize page on which a person picks an account, and allows or denies', async () => {
      for (const portalId of [1, 2]) await hubspot.control('POST', '/portals', { portalId });
      const app = createServer((_, response) => response.end('<h1>Back at the app</h1>'));
      await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
      try {
        const redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`;
        const query = new URLSearchParams({
          client_id: 'sandbox-client-id',
          redirect_uri: redirectUri,
          scope: 'oauth crm.objects.contacts.read',
          state: 'abc',
        });
        const { page, troubles } = await open(380);
        const click = async (button: string) => {
          await page.goto(`${hubspot.url}/oauth/authorize?${query.toString()}`);
          await see(page, 'Read contacts');
          await page.getByRole('radio', { name: 'Portal 2' }).check();
          await page.getByRole('button', { name: button }).click();
          await see(page, 'Back at the app');
          return new URL(page.url()).searchParams;
        };
        const denied = await click('Deny');
        expect([denied.get('error'), denied.get('state')]).toEqual(['access_denied', 'abc']);
        const allowed = await click('Allow');
        expect(allowed.get('state')).toBe('abc');
        const answer = await fetch(`${hubspot.url}/oauth/2026-03/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'authorization_code',
            client_id: 'sandbox-client-id',
            client_secret: SECRET,
            redirect_uri: redirectUri,
            code: allowed.get('code') ?? '',
          }),
        });
        expect(await answer.json()).toMatchObject({ hub_id: 2 });
        await page.goto(`${hubspot.url}/oauth/authorize?client_id=nobody`);
        await see(page, 'The app cannot be connected');
        expect(await widthOf(page)).toBe(380);
        expect(troubles.filter((trouble) => !trouble.includes('400'))).toEqual([]);
      } finally {
        app.closeAllConnections();
        await new Promise((resolve) => app.close(resolve));
      }
    });

    it('logs no error and asks nobody but its own server, and its policy forbids it to', async () => {
      const { page, troubles, requests } = await open();
      await see(page, 'No portal yet');
      const portal = await hubspot.portal();
      await hubspot.control('POST', '/faults', { target: 'callbacks', kind: 'status', status: 503 });
      await page.getByRole('heading', { name: 'Faults at work' }).waitFor();
      await tabTo(page, 'count');
      await page.keyboard.press('Enter');
      await see(page, `workflow ${portal.workflowId} · 100 records enrolled`);

      expect(troubles).toEqual([]);
      expect(requests.length).toBeGreaterThan(4);
      expect([...new Set(requests.map((url) => new URL(url).origin))]).toEqual([hubspot.url]);

      const foreign = `fetch('${hubspot.actionUrl}', { method: 'POST', mode: 'no-cors', body: '{}' })`;
      const answer = await page.evaluate(`${foreign}.then(() => 'sent', () => 'refused')`);
      expect(answer).toBe('refused');
      expect(troubles.join()).toContain('Content Security Policy');
    });

    it('fits a screen of 380 pixels, empty and full', async () => {
      const { page } = await open(380);
      await see(page, 'No portal yet');
      expect(await widthOf(page)).toBe(380);

      const inputs = { max_throughput: '50', time: '5', period: 'seconds', queue: 'a'.repeat(80) };
      const portal = await hubspot.portal({ steps: [inputs, inputs] });
      await portal.enrol(1234);
      await portal.completeBatch([]);
      await see(page, '1,234 records enrolled');
      await page.getByRole('cell', { name: '/automation/actions/callbacks/2026-03/complete' }).waitFor();
      expect(await widthOf(page)).toBe(380);
    });

    /** The page at the top of the sandbox, and all that it complains about and asks for. */
    async function open(width = 1280) {
      const context = await browser.newContext({ viewport: { width, height: 800 } });
      const page = await context.newPage();
      const troubles: string[] = [];
      const requests: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
      });
      page.on('pageerror', (error) => troubles.push(String(error)));
      page.on('requestfailed', (request) => {
        const { errorText = '' } = request.failure() ?? {};
        // A page that is left before its icon came does not want it any more.
        if (errorText !== 'net::ERR_ABORTED')
          troubles.push(`${request.method()} ${request.url()} failed: ${errorText}`);
      });
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(hubspot.url);
      return { page, troubles, requests };
    }
  });
}

async function see(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor();
}

/** Goes forward as a keyboard does, until the field of that name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate('document.activeElement.name')) === name) return;
  }
  throw new Error(`The keyboard does not reach the field ${name}`);
}

/** What the page takes up: more than the screen has is what scrolls sideways. */
function widthOf(page: Page): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth');
}
