import { json, type Answer } from '../platform/answer.js';
import type { PortalRequest } from '../hubspot/request.js';
import type { Crm } from './crm.js';
import { invalid, notFound } from './errors.js';
import { readType } from './input.js';

const CREATED_AT = '2024-03-01T09:00:00.000Z';
const at = { createdAt: CREATED_AT, updatedAt: CREATED_AT, archived: false };

const stage = (id: string, label: string, displayOrder: number, metadata: Record<string, string>) => ({
  id,
  label,
  displayOrder,
  metadata,
  writePermissions: 'CRM_PERMISSIONS_ENFORCEMENT',
  ...at,
});

const deal = (id: string, label: string, order: number, probability: string) =>
  stage(id, label, order, { isClosed: String(id.startsWith('closed')), probability });

const ticket = (id: string, label: string, order: number) =>
  stage(id, label, order, { ticketState: id === '4' ? 'CLOSED' : 'OPEN', isClosed: String(id === '4') });

/** One pipeline for each type, as in a new account. */
const PIPELINES: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  deals: [
    {
      id: 'default',
      label: 'Sales Pipeline',
      displayOrder: 0,
      ...at,
      stages: [
        deal('appointmentscheduled', 'Appointment Scheduled', 0, '0.2'),
        deal('qualifiedtobuy', 'Qualified To Buy', 1, '0.4'),
        deal('presentationscheduled', 'Presentation Scheduled', 2, '0.6'),
        deal('contractsent', 'Contract Sent', 3, '0.9'),
        deal('closedwon', 'Closed Won', 4, '1.0'),
        deal('closedlost', 'Closed Lost', 5, '0.0'),
      ],
    },
  ],
  tickets: [
    {
      id: '0',
      label: 'Support Pipeline',
      displayOrder: 0,
      ...at,
      stages: [
        ticket('1', 'New', 0),
        ticket('2', 'Waiting on contact', 1),
        ticket('3', 'Waiting on us', 2),
        ticket('4', 'Closed', 3),
      ],
    },
  ],
};

export function listPipelines(_crm: Crm, { params }: PortalRequest): Answer {
  return json(200, { results: pipelinesOf(params[0]) });
}

export function readPipeline(_crm: Crm, { params }: PortalRequest): Answer {
  const pipeline = pipelinesOf(params[0]).find(({ id }) => id === params[1]);
  if (!pipeline) throw notFound(`No pipeline with id ${params[1] ?? ''} exists.`);
  return json(200, pipeline);
}

function pipelinesOf(typeName: string | undefined): readonly Record<string, unknown>[] {
  const { name } = readType(typeName);
  const pipelines = PIPELINES[name];
  if (!pipelines) throw invalid(`${name} have no pipelines.`);
  return pipelines;
}
