import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startApi, type ApiHarness } from '../integration/http/harness.js';
import { CHROMIUM, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { seedLane } from '../support/throttle.js';

const executable = CHROMIUM;
if (executable === undefined) {
  it.skip(`The API's page, in a browser: ${NO_CHROMIUM}`, () => undefined);
} else {
  describe("The API's page, in a browser", () => {
    let browser: Browser;
    let api: ApiHarness;

    beforeAll(async () => {
      [browser, api] = await Promise.all([launchChromium(executable), startApi()]);
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      await api?.close();
    });

    /** A page, what it says of trouble, and whom else it asks. */
    async function open(path: string) {
      const page = await browser.newPage();
      const trouble: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') trouble.push(message.text());
      });
      page.on('pageerror', (error) => trouble.push(String(error)));
      page.on('request', (request) => {
        if (!request.url().startsWith(`${api.url}/`) && !request.url().startsWith('data:'))
          trouble.push(`asks ${request.url()}`);
      });
      await page.goto(`${api.url}${path}`);
      return { page, trouble };
    }

    const authorize = async (page: Page, key: string) => {
      await page.getByRole('button', { name: 'Authorize' }).first().click();
      await page.locator('.auth-container input').fill(key);
      await page.locator('.auth-btn-wrapper button.authorize').click();
      await page.locator('.auth-btn-wrapper button.btn-done').click();
    };

    it.each(['/docs', '/api/docs'])(
      'lists lanes with a key that is pasted, breaks no rule of its policy and asks nobody else: %s',
      async (path) => {
        await seedLane(api.database.admin, { portalId: 7_000_001, limit: 50, intervalMs: 5000 });
        const { page, trouble } = await open(path);
        await authorize(page, await api.key());
        const operation = page.locator('#operations-Lanes-listLanes');
        await operation.getByRole('button').first().click();
        await operation.getByRole('button', { name: 'Execute' }).click();
        const answer = operation.locator('.live-responses-table');
        await answer.locator('.response-col_status').getByText('200').first().waitFor();
        expect(await answer.innerText()).toContain('7000001');
        expect(trouble).toEqual([]);
      },
      60_000,
    );

    it('shows the documents of this release, with links that lead from one to the other', async () => {
      const { page, trouble } = await open('/docs/guide');
      await page.getByRole('link', { name: 'operations.md' }).click();
      await page.getByRole('heading', { level: 1, name: 'Operating Sluice' }).waitFor();
      await page.getByRole('link', { name: 'API', exact: true }).click();
      await page.locator('#operations-Lanes-listLanes').waitFor();
      expect(trouble).toEqual([]);
    }, 60_000);
  });
}
