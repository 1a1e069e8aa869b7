import { effectKey, objectTypeOf, OWN_ID } from './effects.js';
import { keyAtHubSpot } from '../installation/keyAtHubSpot.js';
import type { AssociationType, Effect, Properties, RecordRef, UniqueValue } from './effects.js';
import { tidyKey } from './tidyEffects.js';
import type { PortalCapabilities } from './portalCapabilities.js';

/*
 * An effect as what is done at HubSpot's API. Few forms: a record is written, an event is sent, two records are
 * associated.
 *
 * Contacts by e-mail are read first and then updated by id or created, because HubSpot refuses partial upserts whose
 * idProperty is email (docs/hubspot.md#batch-endpoints). All other keys are properties of one's own with unique
 * values: one upsert does it.
 */

/** A record that an operation needs: known by id, to be read, or written by an earlier effect. */
export type Target =
  | { readonly objectType: string; readonly id: string }
  | { readonly objectType: string; readonly by: UniqueValue }
  | { readonly objectType: string; readonly effectKey: string };

export interface Link {
  readonly to: Target;
  /** Added to those that the two have; without any they are associated without a label. */
  readonly types?: readonly AssociationType[];
}

export type RecordMode =
  /** By a unique property: found and changed, or made. */
  | 'upsert'
  /** It must be there. */
  | 'update'
  /**
   * Made anew with each call: HubSpot cannot tell a repeat. Where it has a target, which is a unique property then,
   * HubSpot refuses a second one.
   */
  | 'create';

export type Operation =
  | {
      readonly op: 'record';
      readonly mode: RecordMode;
      readonly objectType: string;
      /** Undefined for what can be made any number of times. */
      readonly target?: Target;
      readonly properties: Properties;
      readonly counters: Readonly<Record<string, number>>;
      /** Associated afterwards; associating twice is associating once. */
      readonly links: readonly Link[];
    }
  | {
      readonly op: 'customEvent';
      readonly name: string;
      readonly on: Target;
      readonly properties: Properties;
      readonly timestamp: string;
    }
  | {
      readonly op: 'appEvent';
      readonly eventTypeName: string;
      readonly on: Target;
      readonly properties: Properties;
      readonly timestamp: string;
    }
  | (Link & {
      readonly op: 'link';
      readonly from: Target;
      /** Nobody else can have associated the two: they have no labels that would have to stay. */
      readonly areNew?: true;
    })
  /** Nothing to do in this portal: an app event without a fallback. */
  | { readonly op: 'none' };

/**
 * What the n-th effect of an event is at this portal. `all` are the event's effects, which effects may refer to;
 * `installation` is the one whose event it is (keyAtHubSpot.ts).
 */
export function operationOf(
  { id: eventId, installation }: { readonly id: string; readonly installation?: string | undefined },
  n: number,
  all: readonly Effect[],
  capabilities: PortalCapabilities,
): Operation {
  const effect = all[n];
  if (!effect) throw new RangeError(`Event ${eventId} has no effect ${n}`);
  const key = keyAtHubSpot(effectKey(eventId, n), installation);
  const target = (ref: RecordRef): Target => targetOf(ref, eventId, all);

  switch (effect.kind) {
    case 'upsertContact':
      return {
        op: 'record',
        ...written('contacts', effect.by),
        properties: effect.properties,
        counters: effect.counters ?? {},
        links: [],
      };
    case 'setProperties': {
      const on = target(effect.on);
      return {
        op: 'record',
        mode: 'update',
        objectType: on.objectType,
        target: on,
        properties: effect.properties,
        counters: {},
        links: [],
      };
    }
    case 'upsertRecord': {
      const links = (effect.associations ?? []).map(({ to, type }) => ({
        to: target(to),
        ...(type && { types: [type] }),
      }));
      if (!effect.by) return made(key, effect.objectType, effect.properties, links, capabilities);
      return {
        op: 'record',
        ...written(effect.objectType, effect.by),
        properties: effect.properties,
        counters: {},
        links,
      };
    }
    case 'note':
      return made(
        key,
        'notes',
        note(effect.body, effect.timestamp),
        [{ to: target(effect.on) }],
        capabilities,
      );
    case 'task':
      return made(
        key,
        'tasks',
        {
          hs_task_subject: effect.subject,
          hs_timestamp: effect.timestamp,
          hs_task_status: 'NOT_STARTED',
          ...(effect.body === undefined ? {} : { hs_task_body: effect.body }),
        },
        [{ to: target(effect.on) }],
        capabilities,
      );
    case 'customEvent':
      return customEvent(effect.name, target(effect.on), effect, capabilities);
    case 'appEvent':
      return appEvent(key, effect, target(effect.on), capabilities);
    case 'associate':
      return {
        op: 'link',
        from: target(effect.from),
        to: target(effect.to),
        ...(effect.type && { types: [effect.type] }),
      };
  }
}

/** The app's own event where it has one in this portal, else what stands in for it. */
function appEvent(
  key: string,
  effect: Extract<Effect, { kind: 'appEvent' }>,
  on: Target,
  capabilities: PortalCapabilities,
): Operation {
  const { eventTypeName, properties, timestamp, fallback } = effect;
  if (capabilities.appEvents.has(eventTypeName))
    return { op: 'appEvent', eventTypeName, on, properties, timestamp };
  const name = eventTypeName.replace(/^ae\d+_/, '');
  switch (fallback) {
    case 'none':
      return { op: 'none' };
    case 'customEvent':
      return customEvent(name, on, effect, capabilities);
    case 'note':
      return made(key, 'notes', note(inWords(name, properties), timestamp), [{ to: on }], capabilities);
  }
}

/**
 * A record of its own per event. With a unique property for our key it is an upsert, and so happens once however
 * often it is sent.
 */
function made(
  key: string,
  objectType: string,
  properties: Properties,
  links: readonly Link[],
  capabilities: PortalCapabilities,
): Operation {
  const property = capabilities.effectKeyProperties[objectType];
  const common = { op: 'record', objectType, properties, counters: {}, links } as const;
  return property === undefined
    ? { ...common, mode: 'create' }
    : { ...common, mode: 'upsert', target: { objectType, by: { property, value: key } } };
}

/** A record that is named by HubSpot's own id is there, or it is not: none can be made with it. */
function written(objectType: string, by: UniqueValue) {
  const target = named(objectType, by);
  return { mode: 'id' in target ? ('update' as const) : ('upsert' as const), objectType, target };
}

/** HubSpot takes its own id for no unique property: it is refused as a key, and named as the id. */
function named(objectType: string, by: UniqueValue): Target {
  const key = tidyKey(by);
  return key.property === OWN_ID ? { objectType, id: key.value } : { objectType, by: key };
}

function customEvent(
  name: string,
  on: Target,
  { properties, timestamp }: { properties: Properties; timestamp: string },
  capabilities: PortalCapabilities,
): Operation {
  const full = /^pe\d+_/.test(name) ? name : `pe${capabilities.portalId}_${name}`;
  return { op: 'customEvent', name: full, on, properties, timestamp };
}

function note(body: string, timestamp: string): Properties {
  return { hs_note_body: body, hs_timestamp: timestamp };
}

function inWords(name: string, properties: Properties): string {
  const lines = Object.entries(properties).map(([key, value]) => `${key}: ${value ?? ''}`);
  return [name.replaceAll('_', ' '), ...lines].map(escapeHtml).join('<br>');
}

/** HubSpot shows the body of a note as HTML. */
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function targetOf(ref: RecordRef, eventId: string, all: readonly Effect[]): Target {
  if (!('effect' in ref)) return 'by' in ref ? named(ref.objectType, ref.by) : ref;
  const written = all[ref.effect];
  const objectType = written && objectTypeOf(written);
  if (!objectType) throw new RangeError(`Effect ${ref.effect} of event ${eventId} writes no record`);
  return { objectType, effectKey: effectKey(eventId, ref.effect) };
}

/** One text per target: equal texts are surely one record (unequal ones may be, once ids are known). */
export function targetKey(target: Target): string {
  if ('id' in target) return `${target.objectType}#${target.id}`;
  if ('by' in target) return `${target.objectType}/${target.by.property}=${target.by.value}`;
  return `effect:${target.effectKey}`;
}
