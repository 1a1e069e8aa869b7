import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { linkForNewPortal } from '../../../scripts/lib/installApp.mjs';
import { Browser, PORTAL, startInstalls, textOf, type Installs } from '../portals/harness.js';

let hub: Installs;
beforeEach(async () => (hub = await startInstalls()));
afterEach(() => hub.close());

it('the link that npm start prints connects a portal that was not there, with all that the demo uses', async () => {
  await hub.install(new Browser());
  const portalId = PORTAL + 1;
  const link = await linkForNewPortal({
    ...{ sandboxUrl: hub.sandbox.url, apiUrl: hub.api.url },
    ...{ apiKey: await hub.api.key(), portalId },
  });
  const browser = new Browser();
  const opened = await browser.begin(link);
  const page = await browser.get(await hub.click(opened.location ?? '', { portalId }));
  expect(textOf(page.text)).toMatch(/Your HubSpot account is connected(?! again)/);
  expect(textOf(page.text)).not.toContain('cannot work yet');
  expect(
    await hub.rows(
      'SELECT portal_id, state, throttle_enabled AS throttle, sync_enabled AS sync FROM portals ORDER BY 1',
    ),
  ).toEqual([
    { portal_id: String(PORTAL), state: 'active', throttle: true, sync: false },
    { portal_id: String(portalId), state: 'active', throttle: true, sync: true },
  ]);
});
