import { json, type Answer } from '../platform/answer.js';
import type { PortalRequest } from '../hubspot/request.js';
import type { Crm } from './crm.js';
import { invalid, notFound } from './errors.js';
import type { Pipeline } from './pipelines.js';

const CREATED_AT = '2024-03-01T09:00:00.000Z';
const SINCE = { createdAt: CREATED_AT, updatedAt: CREATED_AT, archived: false };

export function listPipelines(crm: Crm, { params }: PortalRequest): Answer {
  return json(200, { results: pipelinesOf(crm, params[0]).map(show) });
}

export function readPipeline(crm: Crm, { params }: PortalRequest): Answer {
  const pipeline = pipelinesOf(crm, params[0]).find(({ id }) => id === params[1]);
  if (!pipeline) throw notFound(`No pipeline with id ${params[1] ?? ''} exists.`);
  return json(200, show(pipeline));
}

export function listStages(crm: Crm, { params }: PortalRequest): Answer {
  const pipeline = pipelinesOf(crm, params[0]).find(({ id }) => id === params[1]);
  if (!pipeline) throw notFound(`No pipeline with id ${params[1] ?? ''} exists.`);
  return json(200, { results: show(pipeline).stages });
}

function pipelinesOf(crm: Crm, typeName: string | undefined): readonly Pipeline[] {
  const type = crm.type(typeName);
  const pipelines = crm.pipelines.of(type);
  if (!pipelines) throw invalid(`${type.name} have no pipelines.`);
  return pipelines;
}

function show(pipeline: Pipeline) {
  const stages = pipeline.stages.map((stage) => ({
    ...stage,
    writePermissions: 'CRM_PERMISSIONS_ENFORCEMENT',
    ...SINCE,
  }));
  return { ...pipeline, stages, ...SINCE };
}
