import { describe, expect, it } from '@jest/globals';
import { webhookProject } from '../../../src/domain/webhooks/webhookProject.js';

const URL = 'https://sluice.example.com/api/integrations/hubspot/webhooks';
const SETTINGS = { targetUrl: URL, maxConcurrentRequests: 12 };

describe('the project file of webhooks', () => {
  it('subscribes to what is mirrored and kept, and to nothing else', () => {
    const { file, left } = webhookProject(SETTINGS, [
      { objectType: 'contacts', properties: ['lastname', 'email'] },
      { objectType: '2-7', properties: [] },
    ]);
    const { settings, subscriptions } = file.config;
    expect(settings).toEqual(SETTINGS);
    expect(subscriptions.hubEvents).toEqual([{ subscriptionType: 'contact.privacyDeletion', active: true }]);
    const told = subscriptions.crmObjects.map(
      ({ objectType, subscriptionType, propertyName = '' }) =>
        `${objectType} ${subscriptionType} ${propertyName}`,
    );
    expect(told).toContain('contact object.associationChange ');
    expect(told).toContain('2-7 object.creation ');
    expect(told.filter((one) => one.includes('propertyChange'))).toEqual([
      ...['contact object.propertyChange email', 'contact object.propertyChange lastname'],
    ]);
    expect(left).toBe(0);
    expect(
      webhookProject(SETTINGS, [{ objectType: 'deals', properties: [] }]).file.config.subscriptions.hubEvents,
    ).toEqual([]);
  });

  it('has no more than HubSpot takes, with some of each type, and says how many are left', () => {
    const properties = (of: string) => Array.from({ length: 800 }, (_, n) => `${of}_${n}`);
    const { file, left } = webhookProject(SETTINGS, [
      { objectType: 'contacts', properties: properties('a') },
      { objectType: 'deals', properties: properties('b') },
    ]);
    const { crmObjects, hubEvents } = file.config.subscriptions;
    expect(crmObjects.length + hubEvents.length).toBe(1000);
    const of = (type: string) =>
      crmObjects.filter((one) => one.objectType === type && one.propertyName !== undefined).length;
    expect([of('contact'), of('deal')]).toEqual([495, 494]);
    expect(left).toBe(1600 - 989);
  });
});
