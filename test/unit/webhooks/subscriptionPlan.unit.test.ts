import { describe, expect, it } from '@jest/globals';
import { planSubscriptions, subscriptionsWanted } from '../../../src/domain/webhooks/subscriptionPlan.js';
import { webhookProject } from '../../../src/domain/webhooks/webhookProject.js';

const SETTINGS = { targetUrl: 'https://sluice.example.com/hooks', maxConcurrentRequests: 10 };
const wanted = subscriptionsWanted(
  webhookProject(SETTINGS, [
    { objectType: 'contacts', properties: ['email'] },
    { objectType: '2-7', properties: ['weight'] },
  ]).file,
);
const all = wanted.subscriptions.map((one, n) => ({ ...one, id: n + 1, active: true }));

describe('the subscriptions of a legacy public app', () => {
  it('are named as every version of the API knows them', () => {
    const names = wanted.subscriptions.map((one) => Object.values(one).join(' '));
    expect(names).toContain('contact.privacyDeletion');
    expect(names).toContain('contact.creation');
    expect(names).toContain('contact.propertyChange email');
    expect(names).toContain('object.propertyChange 2-7 weight');
    expect(names).toHaveLength(1 + 2 * 6);
  });

  it('differ in nothing where HubSpot has all of them, whichever of its names it has them under', () => {
    const none = { configure: undefined, create: [], activate: [], pause: [] };
    expect(planSubscriptions(wanted, { settings: SETTINGS, subscriptions: all })).toEqual(none);
    const generic = all.map((one) =>
      one.eventType.startsWith('contact.') && one.eventType !== 'contact.privacyDeletion'
        ? { ...one, eventType: one.eventType.replace('contact', 'object'), objectTypeId: '0-1' }
        : one,
    );
    expect(planSubscriptions(wanted, { settings: SETTINGS, subscriptions: generic })).toEqual(none);
  });

  it('are made where they are missing, switched on where they are off, and paused where nobody wants them', () => {
    const [first, second, ...others] = all;
    const foreign = { id: 99, eventType: 'deal.creation', active: true };
    const plan = planSubscriptions(wanted, {
      settings: { ...SETTINGS, maxConcurrentRequests: 20 },
      subscriptions: [
        { ...second!, active: false },
        ...others,
        foreign,
        { ...foreign, id: 100, active: false },
      ],
    });
    expect(plan.configure).toEqual(SETTINGS);
    expect(plan.create).toEqual([wanted.subscriptions[0]]);
    expect(first!.eventType).toBe(wanted.subscriptions[0]!.eventType);
    expect(plan.activate.map(({ id }) => id)).toEqual([2]);
    expect(plan.pause).toEqual([foreign]);
  });

  it('are active where one of two to the same is', () => {
    const double = { ...all[0]!, id: 50, active: false };
    for (const subscriptions of [
      [double, ...all],
      [...all, double],
    ])
      expect(planSubscriptions(wanted, { settings: SETTINGS, subscriptions }).activate).toEqual([]);
  });
});
