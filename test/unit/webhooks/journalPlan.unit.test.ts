import { describe, expect, it } from '@jest/globals';
import { planJournal, type StandingSubscription } from '../../../src/domain/webhooks/journalPlan.js';

const contacts = (portalId: number) => ({ portalId, objectType: 'contacts' });
const deals = (portalId: number) => ({ portalId, objectType: 'deals' });
const shown = (plan: ReturnType<typeof planJournal>) =>
  plan.subscribe.map(({ subscriptionType, portalId, typeId }) => `${subscriptionType} ${portalId} ${typeId}`);
/** What HubSpot has when it has taken all that a plan asks for. */
const taken = (plan: ReturnType<typeof planJournal>): StandingSubscription[] =>
  plan.subscribe.map(({ subscriptionType, portalId, typeId, actions }, n) => ({
    ...{ id: n + 1, subscriptionType, portalId, objectTypeId: typeId, actions: [...actions].reverse() },
    isNarrowed: false,
  }));

describe('subscriptions to the webhooks journal', () => {
  it('are to installs and uninstalls first, then to records, to what is erased for people, and to associations', () => {
    expect(shown(planJournal([contacts(1), deals(1)], [], 50))).toEqual([
      'APP_LIFECYCLE_EVENT null 4-1909196',
      'APP_LIFECYCLE_EVENT null 4-1916193',
      'OBJECT 1 0-1',
      'OBJECT 1 0-3',
      'GDPR_PRIVACY_DELETION 1 0-1',
      'ASSOCIATION 1 0-1',
      'ASSOCIATION 1 0-3',
    ]);
  });

  it('are left as they are where they are right', () => {
    const mirrored = [contacts(1), { portalId: 2, objectType: '2-77' }];
    const plan = planJournal(mirrored, taken(planJournal(mirrored, [], 50)), 50);
    expect(plan).toMatchObject({ subscribe: [], unsubscribe: [], told: mirrored, left: 0, others: 0 });
  });

  it('end with what they were to, and those of others never', () => {
    const standing = [
      ...taken(planJournal([contacts(1)], [], 50)),
      {
        id: 90,
        subscriptionType: 'LIST_MEMBERSHIP',
        portalId: 1,
        objectTypeId: null,
        actions: [],
        isNarrowed: true,
      },
      {
        id: 91,
        subscriptionType: 'OBJECT',
        portalId: 3,
        objectTypeId: '0-1',
        actions: ['CREATE'],
        isNarrowed: false,
      },
    ];
    const plan = planJournal([], standing, 50);
    expect(plan.unsubscribe).toEqual([3, 4, 5]);
    expect(plan).toMatchObject({ subscribe: [], others: 2 });
  });

  it('are no more than the app may have, those of others among them; the types that are left over are polled', () => {
    const mirrored = [contacts(1), contacts(2), contacts(3)];
    const other = {
      id: 9,
      subscriptionType: 'EVENT',
      portalId: 1,
      objectTypeId: 'x',
      actions: [],
      isNarrowed: false,
    };
    const plan = planJournal(mirrored, [other], 5);
    expect(shown(plan).slice(2)).toEqual(['OBJECT 1 0-1', 'OBJECT 2 0-1']);
    expect(plan).toMatchObject({ left: 1, told: [] });
    expect(planJournal(mirrored, [], 0)).toMatchObject({ subscribe: [], left: 3 });
  });

  it('give up what matters less for a type that is new', () => {
    const standing = taken(planJournal([contacts(1)], [], 5));
    const plan = planJournal([contacts(1), contacts(2)], standing, 5);
    expect(shown(plan)).toEqual(['OBJECT 2 0-1']);
    expect(plan.unsubscribe).toEqual([5]);
  });
});
