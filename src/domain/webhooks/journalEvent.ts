import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ExactNumber, parseExactJson, stringifyExactJson } from '../exactJson.js';
import {
  isRecordId,
  typeOfId,
  withoutBrokenText,
  type NamedRecord,
  type WebhookEvent,
} from './webhookEvent.js';

/*
 * Files of HubSpot's webhooks journal (docs/hubspot.md#webhooks). Their events are hints as those of webhooks are, and
 * become such: the record is read, the values are neither believed nor kept. They have no id, so an event is told from
 * others by all that it says.
 */

/** The app came to a portal, or has left it. */
export interface LifecycleEvent {
  readonly portalId: number;
  readonly isInstall: boolean;
  /** By HubSpot's clock. */
  readonly occurredAtMs: number | null;
}

export interface JournalFile {
  /** By HubSpot's clock. Null: it does not say when. */
  readonly publishedAtMs: number | null;
  /** Of records. */
  readonly events: readonly WebhookEvent[];
  readonly lifecycle: readonly LifecycleEvent[];
  /** Events that name no portal: nobody could find them again. */
  readonly unreadable: number;
  /** Values of a record have changed: so the journal does tell of it (domain/webhooks/journalPlan.ts). */
  readonly hasUpdates: boolean;
}

const number = z.union([z.number(), z.instanceof(ExactNumber), z.string().min(1).max(24)]).transform(String);
const optionalId = number.refine(isRecordId).optional().catch(undefined);
const optionalText = z.string().min(1).max(80).optional().catch(undefined);

const eventSchema = z.looseObject({
  portalId: number.refine((id) => /^[1-9]\d{0,14}$/.test(id)).transform(Number),
  action: optionalText,
  occurredAt: z.unknown().optional(),
  objectTypeId: optionalText,
  objectId: optionalId,
  primaryObjectId: optionalId,
  newObjectId: optionalId,
  mergedObjectIds: z.array(number.refine(isRecordId)).max(1000).optional().catch(undefined),
  fromObjectTypeId: optionalText,
  fromObjectId: optionalId,
  toObjectTypeId: optionalText,
  toObjectId: optionalId,
});
type Written = z.output<typeof eventSchema>;

const fileSchema = z.looseObject({
  journalEvents: z.array(z.unknown()),
  publishedAt: z.unknown().optional(),
});

/** In the words of webhooks, so that an event is found under one name, whichever way it came. */
const SUBSCRIPTION_TYPES: Readonly<Record<string, string>> = {
  CREATE: 'object.creation',
  UPDATE: 'object.propertyChange',
  DELETE: 'object.deletion',
  MERGE: 'object.merge',
  RESTORE: 'object.restore',
  ASSOCIATION_ADDED: 'object.associationChange',
  ASSOCIATION_REMOVED: 'object.associationChange',
  GDPR_DELETE: 'object.privacyDeletion',
};
const WITH_ASSOCIATIONS = ['CREATE', 'MERGE', 'RESTORE', 'ASSOCIATION_ADDED', 'ASSOCIATION_REMOVED'];

/** Undefined: it is no file of the journal. */
export function readJournalFile(text: string): JournalFile | undefined {
  let json: unknown;
  try {
    json = parseExactJson(text);
  } catch {
    return undefined;
  }
  const file = fileSchema.safeParse(json);
  if (!file.success) return undefined;
  const events: WebhookEvent[] = [];
  const lifecycle: LifecycleEvent[] = [];
  let unreadable = 0;
  let hasUpdates = false;
  for (const one of file.data.journalEvents) {
    const parsed = eventSchema.safeParse(one);
    if (!parsed.success) {
      unreadable += 1;
      continue;
    }
    const { action, portalId, occurredAt } = parsed.data;
    if (action === 'APP_INSTALL' || action === 'APP_UNINSTALL')
      lifecycle.push({ portalId, isInstall: action === 'APP_INSTALL', occurredAtMs: timeOf(occurredAt) });
    if (action === 'UPDATE') hasUpdates = true;
    events.push(eventOf(parsed.data, one));
  }
  return { publishedAtMs: timeOf(file.data.publishedAt), events, lifecycle, unreadable, hasUpdates };
}

function eventOf(event: Written, json: unknown): WebhookEvent {
  const { action = 'unknown', portalId } = event;
  const records = recordsOf(event);
  const isLifecycle = action === 'APP_INSTALL' || action === 'APP_UNINSTALL';
  const text = stringifyExactJson(json);
  return {
    ...{ portalId, occurredAtMs: timeOf(event.occurredAt), records },
    key: createHash('sha256').update('journal ').update(text).digest().subarray(0, 16),
    subscriptionType: SUBSCRIPTION_TYPES[action] ?? `journal.${action}`,
    ...{ subscriptionId: null, eventId: null, property: null, changeSource: null },
    associations: WITH_ASSOCIATIONS.includes(action),
    links: action === 'ASSOCIATION_ADDED' || action === 'ASSOCIATION_REMOVED',
    deletes: action === 'DELETE',
    erases: action === 'GDPR_DELETE',
    unknown: records.length > 0 || isLifecycle ? null : withoutBrokenText(text),
  };
}

function recordsOf(event: Written): NamedRecord[] {
  const { action = '', objectTypeId, fromObjectTypeId, toObjectTypeId } = event;
  if (action === 'ASSOCIATION_ADDED' || action === 'ASSOCIATION_REMOVED')
    return [
      ...named(fromObjectTypeId ?? objectTypeId, [event.fromObjectId ?? event.objectId]),
      ...named(toObjectTypeId, [event.toObjectId]),
    ];
  if (!(action in SUBSCRIPTION_TYPES)) return [];
  const { newObjectId, primaryObjectId, objectId, mergedObjectIds = [] } = event;
  return named(objectTypeId, [newObjectId, primaryObjectId, objectId, ...mergedObjectIds]);
}

function named(typeId: string | undefined, ids: readonly (string | undefined)[]): NamedRecord[] {
  const objectType = typeOfId(typeId);
  if (objectType === undefined) return [];
  return [...new Set(ids)].flatMap((recordId) => (recordId === undefined ? [] : [{ objectType, recordId }]));
}

const LATEST_MS = Date.UTC(9999, 0);

/** A time in text, or in milliseconds since 1970. */
function timeOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : typeof value === 'number' ? value : NaN;
  return Number.isInteger(ms) && ms >= 0 && ms < LATEST_MS ? ms : null;
}
