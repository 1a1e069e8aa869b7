import { createHash } from 'node:crypto';
import type { AssociationType, Properties } from '../../../domain/outbox/effects.js';
import type { Operation, Target } from '../../../domain/outbox/operations.js';
import type { Row } from '../../../domain/outbox/plan.js';
import type { OutboxRequest } from './outboxRequest.js';

/* The bodies of requests, as HubSpot describes them. */

type RecordOperation = Extract<Operation, { op: 'record' }>;
export type RecordRow = Row & { readonly operation: RecordOperation };
export type EventRow = Row & { readonly operation: Extract<Operation, { op: 'customEvent' | 'appEvent' }> };

/** HubSpot clears a property by an empty text. */
export function values(properties: Properties): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, value ?? '']));
}

/** What stands for a row in HubSpot's answer: its first effect. */
export function traceOf(row: Row): string {
  return row.parts[0].key;
}

/** Under which HubSpot knows an event: as we wrote it, and as custom events have it. */
export function eventIdsOf({ parts: [{ hubspotKey }] }: Row): string[] {
  return [hubspotKey, uuidOf(hubspotKey)];
}

/** By the ids of the records where there is no `idProperty`. */
export function readRequest(
  objectType: string,
  idProperty: string | undefined,
  ids: readonly string[],
  wanted: readonly string[],
): OutboxRequest {
  return {
    resource: 'readObjects',
    params: { objectType },
    body: {
      ...(idProperty !== undefined && { idProperty }),
      inputs: ids.map((id) => ({ id })),
      properties: wanted,
      propertiesWithHistory: [],
    },
  };
}

export interface Input {
  readonly row: RecordRow;
  readonly id: string;
  readonly idProperty?: string;
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Associations come afterwards: then nobody needs the type ids of this portal, and each step can be repeated by
 * itself.
 */
export function createRequest(inputs: readonly Input[]): OutboxRequest {
  return {
    resource: 'createObjects',
    params: { objectType: objectTypeOf(inputs) },
    body: {
      inputs: inputs.map(({ row, properties }) => ({
        properties,
        associations: [],
        objectWriteTraceId: traceOf(row),
      })),
    },
  };
}

export function changeRequest(
  resource: 'updateObjects' | 'upsertObjects',
  inputs: readonly Input[],
): OutboxRequest {
  const changes = inputs.map(({ row, id, idProperty, properties }) => ({
    id,
    ...(idProperty === undefined ? {} : { idProperty }),
    properties,
    objectWriteTraceId: traceOf(row),
  }));
  return { resource, params: { objectType: objectTypeOf(inputs) }, body: { inputs: changes } };
}

function objectTypeOf(inputs: readonly Input[]): string {
  return inputs[0]?.row.operation.objectType ?? '';
}

export interface Pair {
  readonly row: Row;
  readonly from: { readonly objectType: string; readonly id: string };
  readonly to: { readonly objectType: string; readonly id: string };
  /** All that are to stand: HubSpot drops those that are not sent (labels.ts). */
  readonly types?: readonly AssociationType[];
  /** They have none yet. */
  readonly areNew?: true;
}

/** Pairs of one direction, all labelled or all not, each once. Without a label HubSpot needs no type id. */
export function linkRequest(all: readonly Pair[]): OutboxRequest {
  const pairs = [...new Map(all.map((pair) => [`${pair.from.id}>${pair.to.id}`, pair])).values()];
  const params = { fromType: pairs[0]?.from.objectType ?? '', toType: pairs[0]?.to.objectType ?? '' };
  const ends = ({ from, to }: Pair) => ({ from: { id: from.id }, to: { id: to.id } });
  if (!pairs[0]?.types) {
    return { resource: 'createDefaultAssociations', params, body: { inputs: pairs.map(ends) } };
  }
  return {
    resource: 'createAssociations',
    params,
    body: {
      inputs: pairs.map((pair) => ({
        ...ends(pair),
        types: (pair.types ?? []).map(({ category, typeId }) => ({
          ...{ associationCategory: category, associationTypeId: typeId },
        })),
      })),
    },
  };
}

/** What is associated with the first ends of these pairs, from a page on. */
export function readLinksRequest(
  pairs: readonly { readonly pair: Pair; readonly after?: string | undefined }[],
): OutboxRequest {
  const first = pairs[0]?.pair;
  const params = { fromType: first?.from.objectType ?? '', toType: first?.to.objectType ?? '' };
  const inputs = new Map(
    pairs.map(({ pair, after }) => [
      pair.from.id,
      { id: pair.from.id, ...(after !== undefined && { after }) },
    ]),
  );
  return { resource: 'readAssociations', params, body: { inputs: [...inputs.values()] } };
}

/** Custom or app events, all of one of the two. `idOf` gives the record's id where it is not named by e-mail. */
export function eventsRequest(
  rows: readonly EventRow[],
  idOf: (target: Target) => string | undefined,
): OutboxRequest {
  const who = (target: Target): { email: string } | { objectId: string } => {
    const email = emailOf(target);
    return email === undefined ? { objectId: idOf(target) ?? '' } : { email };
  };
  if (rows[0]?.operation.op === 'appEvent') {
    return {
      resource: 'createTimelineEvents',
      params: {},
      body: {
        inputs: rows.flatMap(({ operation, parts }) =>
          operation.op === 'appEvent'
            ? [
                {
                  eventTypeName: operation.eventTypeName,
                  id: parts[0].hubspotKey,
                  ...who(operation.on),
                  timestamp: operation.timestamp,
                  properties: values(operation.properties),
                },
              ]
            : [],
        ),
      },
    };
  }
  return {
    resource: 'sendEvents',
    params: {},
    body: {
      inputs: rows.flatMap(({ operation, parts }) =>
        operation.op === 'customEvent'
          ? [
              {
                eventName: operation.name,
                ...who(operation.on),
                occurredAt: operation.timestamp,
                uuid: uuidOf(parts[0].hubspotKey),
                properties: values(operation.properties),
              },
            ]
          : [],
      ),
    },
  };
}

/** Events name a contact by its address; then nobody has to look its id up. */
export function emailOf(target: Target): string | undefined {
  return target.objectType === 'contacts' && 'by' in target && target.by.property === 'email'
    ? target.by.value
    : undefined;
}

/** The same UUID (version 5) for the same effect, always: HubSpot takes an event with it once. */
export function uuidOf(effectKey: string): string {
  const hash = createHash('sha1').update(`sluice:outbox:${effectKey}`).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
