import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { CALLBACK, PORTAL, startInstalls, type Installs } from '../integration/portals/harness.js';
import { CHROMIUM, launchChromium, NO_CHROMIUM } from '../support/chromium.js';

const executable = CHROMIUM;
if (executable === undefined) {
  it.skip(`The pages of an install, in a browser: ${NO_CHROMIUM}`, () => undefined);
} else {
  describe('A person who installs the app, in a browser', () => {
    let browser: Browser;
    let hub: Installs;
    beforeAll(async () => {
      browser = await launchChromium(executable);
    }, 60_000);
    afterAll(() => browser?.close());
    beforeEach(async () => {
      hub = await startInstalls();
    });
    afterEach(async () => {
      await Promise.all(browser.contexts().map((context) => context.close()));
      await hub.close();
    });

    it('clicks through from the link to the page that says it is connected, and reloads it without harm', async () => {
      const { page, troubles } = await open(await hub.link());
      await allow(page);
      await heading(page, 'Your HubSpot account is connected');
      expect(new URL(page.url()).pathname).toBe(CALLBACK);
      expect(await page.locator('dl').innerText()).toContain(String(PORTAL));
      expect(await hub.rows('SELECT state FROM portals')).toEqual([{ state: 'active' }]);
      expect(troubles).toEqual([]);

      await page.reload();
      await heading(page, 'This installation is no longer valid');
      await page.getByText('If a page before this one said that the account is connected, it is').waitFor();
      expect(await hub.rows('SELECT state, epoch FROM portals')).toEqual([{ state: 'active', epoch: 1 }]);
    });

    it('says no, is told what that means, starts again by a click, and says yes', async () => {
      const { page } = await open(await hub.link());
      await page.getByRole('button', { name: 'Deny' }).click();
      await heading(page, 'The installation was not allowed');
      expect(await hub.rows('SELECT 1 FROM portals')).toEqual([]);
      await page.getByRole('link', { name: 'Start again' }).click();
      await goOn(page);
      await allow(page);
      await heading(page, 'Your HubSpot account is connected');
    });

    it('cannot be made to finish what somebody else began', async () => {
      const attacker = await open(await hub.link());
      const planted = await hub.click(attacker.page.url());
      const victim = await open(await hub.link());
      await victim.page.goto(planted);
      await heading(victim.page, 'This installation is no longer valid');
      expect(await hub.rows('SELECT 1 FROM portals')).toEqual([]);
    });

    it('reads the pages on a small screen, in the dark, and with the keyboard', async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, troubles } = await open(await hub.link(), { width: 360, colorScheme });
        await page.getByRole('button', { name: 'Deny' }).click();
        await heading(page, 'The installation was not allowed');
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
        expect(await contrast(page)).toBeGreaterThan(4.5);
        await page.keyboard.press('Tab');
        expect(await page.evaluate('document.activeElement.textContent')).toBe('Start again');
        await page.keyboard.press('Enter');
        await goOn(page);
        await page.getByRole('button', { name: 'Allow' }).waitFor();
        expect(troubles.filter((text) => !text.includes('403'))).toEqual([]);
      }
    });

    async function open(url: string, options: { width?: number; colorScheme?: 'light' | 'dark' } = {}) {
      const { width = 1280, colorScheme = 'light' } = options;
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
      const page = await context.newPage();
      const troubles: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
      });
      page.on('pageerror', (error) => troubles.push(String(error)));
      await page.goto(url);
      await goOn(page);
      return { page, troubles };
    }
  });
}

/** From the page that names who asks to HubSpot's. */
async function goOn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Go on to HubSpot' }).click();
  await page.waitForURL(/\/oauth\/authorize/);
}

async function allow(page: Page): Promise<void> {
  await page.getByRole('radio', { name: String(PORTAL) }).check();
  await page.getByRole('button', { name: 'Allow' }).click();
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

/** Of the text against the card that it stands on, by WCAG's formula. */
function contrast(page: Page): Promise<number> {
  return page.evaluate<number>(`(() => {
    const luminance = (color) => {
      const [r, g, b] = color.match(/\\d+/g).map((n) => n / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const main = document.querySelector('main');
    const values = ['p', 'ol', 'footer', '.actions a'].map((selector) => {
      const one = document.querySelector(selector);
      const ground = getComputedStyle(one).backgroundColor;
      const under = ground === 'rgba(0, 0, 0, 0)' ? getComputedStyle(main).backgroundColor : ground;
      const [a, b] = [luminance(getComputedStyle(one).color), luminance(under)].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    });
    return Math.min(...values);
  })()`);
}
