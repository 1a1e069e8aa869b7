import type { FieldTypeDefinition, HubSpotDefinition, SupportedClient } from './hubspotDefinition.js';

/** A definition as a file of a project: `src/app/workflow-actions/<uid>-hsmeta.json`. */
export interface ProjectAction {
  /** Its name in the project, which HubSpot keeps it by. */
  readonly uid: string;
  readonly type: 'workflow-action';
  readonly config: object;
}

/** The same definition in the words of a project. What is empty is left out, as in HubSpot's own templates. */
export function projectAction(
  uid: string,
  definition: HubSpotDefinition,
  supportedClients: readonly SupportedClient[],
): ProjectAction {
  const { published, functions: _none, inputFields, outputFields, ...rest } = definition;
  const { actionUrl, objectTypes, labels, executionRules, inputFieldDependencies, objectRequestOptions } =
    rest;
  return {
    ...{ uid, type: 'workflow-action' },
    config: {
      ...{ actionUrl, isPublished: published, supportedClients, objectTypes },
      inputFields: inputFields.map((field) => ({ ...field, typeDefinition: filled(field.typeDefinition) })),
      outputFields: outputFields.map((field) => ({ typeDefinition: filled(field.typeDefinition) })),
      ...(inputFieldDependencies.length > 0 && { inputFieldDependencies }),
      ...(executionRules.length > 0 && { executionRules }),
      ...(objectRequestOptions && { objectRequestOptions }),
      labels,
    },
  };
}

const filled = ({ options, ...rest }: FieldTypeDefinition) =>
  options.length > 0 ? { ...rest, options } : rest;
