import type { PropertyProblem } from './errors.js';
import type { ObjectType } from './objectTypes.js';

export interface Stage {
  id: string;
  label: string;
  displayOrder: number;
  metadata: Record<string, string>;
}

export interface Pipeline {
  id: string;
  label: string;
  displayOrder: number;
  stages: Stage[];
}

/** The properties of a record that name its pipeline and its stage. */
const NAMES: Readonly<Record<string, { pipeline: string; stage: string }>> = {
  deals: { pipeline: 'pipeline', stage: 'dealstage' },
  tickets: { pipeline: 'hs_pipeline', stage: 'hs_pipeline_stage' },
};

const deal = (id: string, label: string, displayOrder: number, probability: string): Stage => ({
  ...{ id, label, displayOrder },
  metadata: { isClosed: String(id.startsWith('closed')), probability },
});

const ticket = (id: string, label: string, displayOrder: number): Stage => ({
  ...{ id, label, displayOrder },
  metadata: { ticketState: id === '4' ? 'CLOSED' : 'OPEN', isClosed: String(id === '4') },
});

/** One pipeline for each type, as in a new account. */
const AT_FIRST: Readonly<Record<string, readonly Pipeline[]>> = {
  deals: [
    {
      ...{ id: 'default', label: 'Sales Pipeline', displayOrder: 0 },
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
      ...{ id: '0', label: 'Support Pipeline', displayOrder: 0 },
      stages: [
        ticket('1', 'New', 0),
        ticket('2', 'Waiting on contact', 1),
        ticket('3', 'Waiting on us', 2),
        ticket('4', 'Closed', 3),
      ],
    },
  ],
};

/** The pipelines of one portal. */
export class Pipelines {
  private readonly byType = new Map<string, readonly Pipeline[]>(Object.entries(AT_FIRST));

  /** Undefined for types of records that have none. */
  of({ name }: ObjectType): readonly Pipeline[] | undefined {
    return this.byType.get(name);
  }

  set({ name }: ObjectType, pipelines: readonly Pipeline[]): void {
    this.byType.set(name, pipelines);
  }

  /** A stage alone says its pipeline as well. */
  withPipeline(type: ObjectType, changes: Readonly<Record<string, string>>): Record<string, string> {
    const names = NAMES[type.name];
    if (!names) return { ...changes };
    const { [names.pipeline]: pipelineId = '', [names.stage]: stageId = '' } = changes;
    const own = this.of(type)?.find(({ stages }) => stages.some(({ id }) => id === stageId));
    return own && pipelineId === '' ? { ...changes, [names.pipeline]: own.id } : { ...changes };
  }

  /** What is wrong with the pipeline and the stage that a write sets. */
  problemsOf(
    type: ObjectType,
    changes: Readonly<Record<string, string>>,
    pipelineId = '',
  ): PropertyProblem[] {
    const names = NAMES[type.name];
    if (!names) return [];
    const pipelines = this.of(type) ?? [];
    const { [names.pipeline]: wantedPipeline = '', [names.stage]: wantedStage = '' } = changes;
    if (wantedPipeline !== '' && !pipelines.some(({ id }) => id === wantedPipeline)) {
      return [notAllowed(names.pipeline, wantedPipeline, pipelines)];
    }
    const id = wantedPipeline === '' ? pipelineId : wantedPipeline;
    const stages = pipelines.filter((one) => id === '' || one.id === id).flatMap((one) => one.stages);
    if (wantedStage === '' || stages.some((stage) => stage.id === wantedStage)) return [];
    return [notAllowed(names.stage, wantedStage, stages)];
  }

  /** The name of the property that says a record's pipeline. */
  nameOf(type: ObjectType): string | undefined {
    return NAMES[type.name]?.pipeline;
  }
}

function notAllowed(name: string, value: string, known: readonly { id: string }[]): PropertyProblem {
  const allowed = known.map(({ id }) => id).join(', ');
  return {
    ...{ name, code: 'INVALID_OPTION' },
    message: `${value} was not one of the allowed options: [${allowed}]`,
  };
}
