import { json, noContent, type Answer } from '../platform/answer.js';
import { increment } from '../platform/increment.js';
import type { PortalRequest } from '../hubspot/request.js';
import type { Crm } from './crm.js';
import { conflict, invalid } from './errors.js';
import { readFields, readInputs, readText, type Fields } from './input.js';

const MAX_CUSTOM = 500;
const MAX_TIMELINE = 500;

/** `POST /events/{v}/send`: accepted at once and processed later, so that later errors are not answered. */
export function sendEvent(crm: Crm, { body }: PortalRequest): Answer {
  increment(crm.events, readCustomEvent(readFields(body)));
  return noContent();
}

export function sendEvents(crm: Crm, { body }: PortalRequest): Answer {
  for (const name of readInputs(body, MAX_CUSTOM).map(readCustomEvent)) increment(crm.events, name);
  return noContent();
}

/** `POST /integrators/timeline/{v}/events`: each type of event takes an id once. */
export function createTimelineEvent(crm: Crm, { body }: PortalRequest): Answer {
  const event = readTimelineEvent(readFields(body));
  if (crm.timelineIds.has(keyOf(event))) throw repeated(event);
  return json(201, keep(crm, event));
}

/** All or nothing. */
export function createTimelineEvents(crm: Crm, { body, epochMs }: PortalRequest): Answer {
  const events = readInputs(body, MAX_TIMELINE).map(readTimelineEvent);
  const keys = new Set<string>();
  for (const event of events) {
    const key = keyOf(event);
    if (crm.timelineIds.has(key) || keys.has(key)) throw repeated(event);
    keys.add(key);
  }
  const results = events.map((event) => keep(crm, event));
  return crm.batches.answer({ success: 200, results, epochMs });
}

/** The full name of an event's type, by which it is sent. */
export function resolveTimelineType(_crm: Crm, { body }: PortalRequest): Answer {
  const fields = readFields(body);
  const [projectName, developerSymbol] = [
    readText(fields, 'projectName'),
    readText(fields, 'developerSymbol'),
  ];
  const fullyQualifiedName = `ae_${projectName}_${developerSymbol}`.toLowerCase().replace(/[^a-z0-9_]/g, '_');
  return json(200, { developerQualifiedSymbol: { projectName, developerSymbol }, fullyQualifiedName });
}

function readCustomEvent(fields: Fields): string {
  const name = readText(fields, 'eventName');
  if (!/^pe\d+_\w+$/.test(name)) throw invalid(`${name} is no event of this account: pe{portal}_{name} is.`);
  if (['objectId', 'email', 'utk'].every((way) => fields[way] === undefined)) {
    throw invalid('An event needs one of objectId, email, utk.');
  }
  readFields(fields['properties']);
  return name;
}

interface TimelineEvent extends Fields {
  eventTypeName: string;
  id: string;
}

function readTimelineEvent(fields: Fields): TimelineEvent {
  readFields(fields['properties']);
  return { ...fields, eventTypeName: readText(fields, 'eventTypeName'), id: readText(fields, 'id') };
}

function keyOf({ eventTypeName, id }: TimelineEvent): string {
  return `${eventTypeName}\n${id}`;
}

function keep(crm: Crm, event: TimelineEvent): TimelineEvent {
  crm.timelineIds.add(keyOf(event));
  increment(crm.events, event.eventTypeName);
  return event;
}

function repeated({ eventTypeName, id }: TimelineEvent) {
  return conflict(`An occurrence of ${eventTypeName} with the id ${id} already exists.`);
}
