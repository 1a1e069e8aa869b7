import type { Definitions, Note, Pipeline, Problem } from './definitions.js';
import { noOption, optionOf, taken } from './optionOf.js';

/** The properties that say where a record stands. */
export const PLACES = {
  deals: { pipeline: 'pipeline', stage: 'dealstage' },
  tickets: { pipeline: 'hs_pipeline', stage: 'hs_pipeline_stage' },
} as const;

export interface Place {
  /** By HubSpot's ids; what could not be found is left out. */
  readonly properties: Record<string, string>;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

/**
 * The pipeline and the stage that two words mean, each empty where it is not given. A stage without a pipeline is
 * looked for in all of them.
 */
export function stageOf(
  { pipelines }: Pick<Definitions, 'pipelines'>,
  names: { readonly pipeline: string; readonly stage: string },
  given: { readonly pipeline: string; readonly stage: string },
): Place {
  const properties: Record<string, string> = {};
  const notes: Note[] = [];
  const problems: Problem[] = [];
  let among: readonly Pipeline[] = pipelines;
  if (given.pipeline !== '') {
    const found = optionOf(given.pipeline, pipelines);
    if ('candidates' in found)
      return {
        ...{ properties, notes },
        problems: [{ path: names.pipeline, message: noOption(given.pipeline, found, pipelines) }],
      };
    properties[names.pipeline] = found.option.value;
    if (found.guessed) notes.push({ path: names.pipeline, message: taken(given.pipeline, found.option) });
    among = [found.option];
  }
  if (given.stage === '') return { properties, notes, problems };
  const stages = among.flatMap((pipeline) => pipeline.stages.map((stage) => ({ ...stage, pipeline })));
  const found = optionOf(given.stage, stages);
  if ('option' in found) {
    properties[names.stage] = found.option.value;
    properties[names.pipeline] ??= found.option.pipeline.value;
    if (found.guessed) notes.push({ path: names.stage, message: taken(given.stage, found.option) });
  } else problems.push({ path: names.stage, message: noStage(given.stage, found, stages, among) });
  return { properties, notes, problems };
}

type Stage = Pipeline['stages'][number] & { readonly pipeline: Pipeline };

/** One label may stand in several pipelines: then the pipeline tells. */
function noStage(
  word: string,
  found: { readonly candidates: readonly Stage[] },
  stages: readonly Stage[],
  among: readonly Pipeline[],
): string {
  const words = noOption(word, found, stages);
  const several = new Set(found.candidates.map(({ pipeline }) => pipeline.value)).size > 1;
  const [only] = among;
  if (several) return `${words}, in several pipelines: name the pipeline`;
  return among.length === 1 && only ? `${words}, in the pipeline ${only.value} (${only.label})` : words;
}
