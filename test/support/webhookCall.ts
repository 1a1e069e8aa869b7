import { hash } from 'node:crypto';

/** Events of webhooks, signed as HubSpot signs them (v1). Throws where they are not taken. */
export async function callWebhooks(
  url: string,
  clientSecret: string,
  events: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const body = JSON.stringify(events);
  const response = await fetch(`${url}/api/integrations/hubspot/webhooks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-hubspot-signature': hash('sha256', clientSecret + body, 'hex'),
      'x-hubspot-signature-version': 'v1',
    },
    body,
  });
  if (!response.ok)
    throw new Error(`The webhooks were answered ${response.status}: ${await response.text()}`);
}

/** What HubSpot says when a value of a contact was set. */
export const contactChanged = (portalId: number, recordId: string, n: number) => ({
  ...{ eventId: n, subscriptionId: 1, portalId, appId: 1, occurredAt: Date.now() },
  ...{ subscriptionType: 'contact.propertyChange', attemptNumber: 0, objectId: Number(recordId) },
  ...{ propertyName: 'firstname', propertyValue: 'a value', changeSource: 'CRM_UI' },
});
