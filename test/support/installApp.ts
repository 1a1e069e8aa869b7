import { Browser } from '../integration/portals/harness.js';
import type { Stack } from './stack.js';

const API = '/api/integrations/hubspot';

/**
 * Installs the app in a portal of the sandbox as a person does: link, our page, HubSpot's page, click on Allow, and
 * back.
 */
export async function installApp(
  stack: Stack,
  portalId: number,
  features: readonly ('throttle' | 'sync' | 'events')[] = ['throttle'],
  access: readonly 'custom_objects'[] = [],
): Promise<void> {
  const browser = new Browser();
  const { url } = await stack.api.must<{ url: string }>('POST', `${API}/links`, {
    ...{ portalId, features, access },
  });
  const opened = await browser.begin(url);
  const { location } = await stack.sandbox.authorize(portalId, opened.location ?? '');
  const ended = await browser.get(location, { accept: 'application/json' });
  const result = JSON.parse(ended.text) as { installed?: boolean };
  if (result.installed !== true) throw new Error(`The app was not installed in ${portalId}: ${ended.text}`);
}
