import { typeIdOf } from './webhookEvent.js';

/*
 * To what of the webhooks journal the app is subscribed: to its installs and uninstalls, and to what is mirrored. An
 * app has so many subscriptions and no more, so what matters most comes first: records, then what is erased for people,
 * then associations, which are read in rounds all the same.
 */

export interface MirroredType {
  readonly portalId: number;
  readonly objectType: string;
}

/** A subscription, as far as it is told from others. */
export interface JournalSubscriptionId {
  readonly subscriptionType: 'OBJECT' | 'ASSOCIATION' | 'GDPR_PRIVACY_DELETION' | 'APP_LIFECYCLE_EVENT';
  /** Null: of all portals. */
  readonly portalId: number | null;
  /** HubSpot's id of the type; of an app's installs that of the event. */
  readonly typeId: string;
  readonly actions: readonly string[];
}

/** One that HubSpot has. */
export interface StandingSubscription {
  readonly id: number;
  readonly subscriptionType: string;
  readonly portalId: number | null;
  readonly objectTypeId: string | null;
  readonly actions: readonly string[];
  readonly isNarrowed: boolean;
}

export interface JournalPlan {
  readonly subscribe: readonly JournalSubscriptionId[];
  /** By their ids: ours, and not wanted any more. */
  readonly unsubscribe: readonly number[];
  /** Types whose records HubSpot tells of already. */
  readonly told: readonly MirroredType[];
  /** Types that it may not be told of, since the app may have no more subscriptions. */
  readonly left: number;
  /** Subscriptions of the app that are not ours: they are left alone, and count. */
  readonly others: number;
}

const RECORDS = ['CREATE', 'UPDATE', 'DELETE', 'MERGE', 'RESTORE'];
const ASSOCIATIONS = ['ASSOCIATION_ADDED', 'ASSOCIATION_REMOVED'];
const PRIVACY = ['GDPR_DELETE'];
const LIFECYCLE: readonly JournalSubscriptionId[] = [
  { subscriptionType: 'APP_LIFECYCLE_EVENT', portalId: null, typeId: '4-1909196', actions: ['APP_INSTALL'] },
  {
    subscriptionType: 'APP_LIFECYCLE_EVENT',
    portalId: null,
    typeId: '4-1916193',
    actions: ['APP_UNINSTALL'],
  },
];

/** Those of people alone can be erased for them. */
const ERASED = new Set(['contacts']);

/** `mirrored`: what is to be told of, the first one first. */
export function planJournal(
  mirrored: readonly MirroredType[],
  standing: readonly StandingSubscription[],
  most: number,
): JournalPlan {
  const wantedOf = (
    subscriptionType: 'OBJECT' | 'ASSOCIATION' | 'GDPR_PRIVACY_DELETION',
    actions: string[],
  ) =>
    mirrored
      .filter(({ objectType }) => subscriptionType !== 'GDPR_PRIVACY_DELETION' || ERASED.has(objectType))
      .map(({ portalId, objectType }) => ({
        ...{ subscriptionType, portalId, typeId: typeIdOf(objectType), actions },
      }));
  const ours = standing.filter(isOurs);
  const room = Math.max(0, most - (standing.length - ours.length));
  const wanted: JournalSubscriptionId[] = [
    ...LIFECYCLE,
    ...wantedOf('OBJECT', RECORDS),
    ...wantedOf('GDPR_PRIVACY_DELETION', PRIVACY),
    ...wantedOf('ASSOCIATION', ASSOCIATIONS),
  ].slice(0, room);
  const there = new Set(ours.map(keyOfStanding));
  const keys = new Set(wanted.map(keyOf));
  const objects = wanted.filter(({ subscriptionType }) => subscriptionType === 'OBJECT').length;
  return {
    subscribe: wanted.filter((one) => !there.has(keyOf(one))),
    unsubscribe: ours.filter((one) => !keys.has(keyOfStanding(one))).map(({ id }) => id),
    told: mirrored.filter(({ portalId, objectType }) =>
      there.has(`OBJECT ${portalId} ${typeIdOf(objectType)}`),
    ),
    left: mirrored.length - objects,
    others: standing.length - ours.length,
  };
}

const keyOf = ({ subscriptionType, portalId, typeId }: JournalSubscriptionId): string =>
  `${subscriptionType} ${portalId ?? 'all'} ${typeId}`;
const keyOfStanding = ({ subscriptionType, portalId, objectTypeId }: StandingSubscription): string =>
  `${subscriptionType} ${portalId ?? 'all'} ${objectTypeId ?? ''}`;

const OUR_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  OBJECT: RECORDS,
  ASSOCIATION: ASSOCIATIONS,
  GDPR_PRIVACY_DELETION: PRIVACY,
};

/** One of the form that this makes. What somebody else has subscribed the same app to is none of ours. */
function isOurs({ subscriptionType, actions, isNarrowed }: StandingSubscription): boolean {
  if (subscriptionType === 'APP_LIFECYCLE_EVENT') return true;
  const form = OUR_ACTIONS[subscriptionType];
  return !isNarrowed && form !== undefined && [...actions].sort().join() === [...form].sort().join();
}
