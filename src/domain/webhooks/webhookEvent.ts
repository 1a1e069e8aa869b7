import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ExactNumber, stringifyExactJson } from '../exactJson.js';

/*
 * What HubSpot's webhooks say (docs/hubspot.md#webhooks). An event is a hint and no more: it says that something of a
 * record may have changed, and the record is read. So its values are neither believed nor kept.
 */

/** A record that an event is about. */
export interface NamedRecord {
  readonly objectType: string;
  readonly recordId: string;
}

export interface WebhookEvent {
  readonly portalId: number;
  /** By HubSpot's clock. Null: it does not say when. */
  readonly occurredAtMs: number | null;
  /** Of everything that tells one event from another; equal when HubSpot sends it again. */
  readonly key: Buffer;
  readonly subscriptionType: string;
  readonly subscriptionId: string | null;
  readonly eventId: string | null;
  /** The property that changed. */
  readonly property: string | null;
  /** Who changed it, in HubSpot's words. */
  readonly changeSource: string | null;
  /** The records to read, the one that the event is about first. Empty: it is about none of a type that is known. */
  readonly records: readonly NamedRecord[];
  /** Their associations may have changed, */
  readonly associations: boolean;
  /** and nothing else of them, so that no time of change tells it. */
  readonly links: boolean;
  /** They may be in the recycle bin now. */
  readonly deletes: boolean;
  /** HubSpot has erased the record for a person. */
  readonly erases: boolean;
  /** The whole event, where it is not understood; it is kept for who can. */
  readonly unknown: string | null;
}

/** Subscriptions of a type say its name in the singular; those of any say HubSpot's id of it. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['contact', 'contacts'],
  ['company', 'companies'],
  ['deal', 'deals'],
  ['ticket', 'tickets'],
]);
const TYPE_IDS: ReadonlyMap<string, string> = new Map([
  ['0-1', 'contacts'],
  ['0-2', 'companies'],
  ['0-3', 'deals'],
  ['0-5', 'tickets'],
]);
const CUSTOM_TYPE = /^2-[1-9]\d{0,14}$/;

const NOT_TEXT = /\0|\p{Cs}/u;
const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => !NOT_TEXT.test(value));
const optionalText = (most: number) => text(most).optional().catch(undefined);
const number = z.union([z.number(), z.instanceof(ExactNumber), text(24)]).transform(String);
const recordId = number.refine(isRecordId);
const optionalId = recordId.optional().catch(undefined);
const optionalNumber = number.optional().catch(undefined);

const eventSchema = z.looseObject({
  portalId: z.union([
    z.number().int().positive(),
    z
      .string()
      .regex(/^[1-9]\d{0,14}$/)
      .transform(Number),
  ]),
  occurredAt: z.number().int().nonnegative().max(Date.UTC(9999, 0)).optional().catch(undefined),
  subscriptionType: text(80).optional().catch(undefined),
  subscriptionId: optionalNumber,
  eventId: optionalNumber,
  objectId: optionalId,
  objectTypeId: optionalText(24),
  propertyName: optionalText(200),
  changeSource: optionalText(80),
  // A merge names its records so.
  primaryObjectId: optionalId,
  mergedObjectIds: z.array(recordId).max(1000).optional().catch(undefined),
  newObjectId: optionalId,
  // An association names its ends so.
  fromObjectId: optionalId,
  toObjectId: optionalId,
  fromObjectTypeId: optionalText(24),
  toObjectTypeId: optionalText(24),
  associationType: optionalText(200),
});
type Written = z.output<typeof eventSchema>;

/** Undefined: not even its portal can be read. */
export function readWebhookEvent(json: unknown): WebhookEvent | undefined {
  const parsed = eventSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const event = parsed.data;
  const { subscriptionType = 'unknown' } = event;
  const [prefix = '', action = ''] = subscriptionType.split('.', 2);
  const records = recordsOf(event, prefix, action);
  const unknown = records.length > 0 ? null : written(json);
  return {
    portalId: event.portalId,
    occurredAtMs: event.occurredAt ?? null,
    key: unknown === null ? keyOf(event, json) : keyOfUnknown(json),
    subscriptionType,
    subscriptionId: event.subscriptionId ?? null,
    eventId: event.eventId ?? null,
    property: event.propertyName ?? null,
    changeSource: event.changeSource ?? null,
    records,
    associations: ['associationChange', 'creation', 'merge', 'restore'].includes(action),
    links: action === 'associationChange',
    deletes: action === 'deletion',
    erases: action === 'privacyDeletion',
    unknown,
  };
}

const KNOWN_ACTIONS = new Set([
  ...['creation', 'deletion', 'merge', 'propertyChange', 'restore', 'associationChange', 'privacyDeletion'],
]);

function recordsOf(event: Written, prefix: string, action: string): NamedRecord[] {
  if (action === 'associationChange') return endsOf(event, prefix);
  const objectType = TYPES.get(prefix) ?? typeOfId(event.objectTypeId);
  if (objectType === undefined || !KNOWN_ACTIONS.has(action)) return [];
  const { newObjectId, primaryObjectId, objectId, mergedObjectIds = [] } = event;
  const ids = [newObjectId, primaryObjectId, objectId, ...(action === 'merge' ? mergedObjectIds : [])];
  return [...new Set(ids)].flatMap((id) => (id === undefined ? [] : [{ objectType, recordId: id }]));
}

/** Both ends, each with the type that the event says or that the name of the association does. */
function endsOf(event: Written, prefix: string): NamedRecord[] {
  const { fromObjectId, toObjectId, fromObjectTypeId, toObjectTypeId, associationType = '' } = event;
  const named = /^([A-Z]+)_TO_([A-Z]+)$/.exec(associationType);
  const from =
    typeOfId(fromObjectTypeId) ??
    TYPES.get(named?.[1]?.toLowerCase() ?? '') ??
    (named ? undefined : TYPES.get(prefix));
  const to = typeOfId(toObjectTypeId) ?? TYPES.get(named?.[2]?.toLowerCase() ?? '');
  return [
    ...(from !== undefined && fromObjectId !== undefined
      ? [{ objectType: from, recordId: fromObjectId }]
      : []),
    ...(to !== undefined && toObjectId !== undefined ? [{ objectType: to, recordId: toObjectId }] : []),
  ];
}

/** Undefined: a type that is not mirrored. */
export const typeOfId = (typeId: string | undefined): string | undefined =>
  typeId === undefined
    ? undefined
    : (TYPE_IDS.get(typeId) ?? (CUSTOM_TYPE.test(typeId) ? typeId : undefined));

const IDS: ReadonlyMap<string, string> = new Map([...TYPE_IDS].map(([typeId, type]) => [type, typeId]));

/** HubSpot's id of a type that is mirrored. */
export const typeIdOf = (objectType: string): string => IDS.get(objectType) ?? objectType;

export function isRecordId(id: string): boolean {
  return /^[1-9]\d{0,18}$/.test(id) && BigInt(id) < 2n ** 63n;
}

/** What else tells one event from another. */
const KEY_ATTRIBUTES = [
  ...['associationRemoved', 'associationTypeId', 'associationCategory', 'isPrimaryAssociation'],
  ...['objectTypeId', 'fromObjectTypeId', 'toObjectTypeId'],
];

/** HubSpot gives one number to several events, so a key is made of all that tells them apart. */
function keyOf(event: Written, json: unknown): Buffer {
  const { portalId, occurredAt, subscriptionType, subscriptionId, eventId } = event;
  const { objectId, propertyName, primaryObjectId, newObjectId, mergedObjectIds } = event;
  const { fromObjectId, toObjectId, associationType } = event;
  const told = [
    ...[portalId, occurredAt, subscriptionType, subscriptionId, eventId, objectId, propertyName],
    ...[primaryObjectId, newObjectId, mergedObjectIds, fromObjectId, toObjectId, associationType],
    ...KEY_ATTRIBUTES.map((name) => attribute(json, name)),
  ];
  return createHash('sha256')
    .update(JSON.stringify(told.map((one) => one ?? null)))
    .digest()
    .subarray(0, 16);
}

/** Of all that it says, but for how often it was sent. */
function keyOfUnknown(json: unknown): Buffer {
  const { attemptNumber: _, ...told } = json as Record<string, unknown>;
  return createHash('sha256').update(written(told)).digest().subarray(0, 16);
}

function attribute(json: unknown, name: string): unknown {
  const value =
    typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[name] : undefined;
  return typeof value === 'object' ? undefined : value;
}

const written = (json: unknown): string => withoutBrokenText(stringifyExactJson(json));

/** PostgreSQL's jsonb refuses U+0000, and a lone surrogate is no text. */
export const withoutBrokenText = (json: string): string =>
  json.replaceAll(/\\u(0000|d[89a-f][0-9a-f]{2})/g, '\\ufffd');
