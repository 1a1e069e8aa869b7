export interface ActionCallShape {
  portalId: number;
  action: { actionDefinitionId: number; version: number };
  workflowId: number;
  /** Undefined: the call does not name its step. */
  actionId: number | undefined;
  inputFields: Record<string, string>;
  /** Of the records of the workflow; contacts, if absent. */
  objectType?: string | undefined;
  /** The properties that the definition asks for; it has none of them, if absent. */
  propertiesOf?: ((objectId: number) => Record<string, string | null>) | undefined;
}

/** The body of one action call, by what differs from call to call. */
export type ActionBody = (
  callbackId: string,
  enrollmentId: number,
  executionIndex: number,
  objectId: number,
) => string;

/**
 * The body that HubSpot posts to an action's URL (docs/hubspot.md#custom-workflow-actions). What all calls of a step
 * have in common is serialised once.
 */
export function createActionBody(shape: ActionCallShape): ActionBody {
  const { portalId, action, workflowId, actionId } = shape;
  const fields = JSON.stringify(shape.inputFields);
  const origin =
    `","origin":{"portalId":${portalId},"actionDefinitionId":${action.actionDefinitionId},` +
    `"actionDefinitionVersion":${action.version},"actionExecutionIndexIdentifier":`;
  const context =
    `,"extensionDefinitionId":${action.actionDefinitionId},"extensionDefinitionVersionId":${action.version}},` +
    `"context":{"source":"WORKFLOWS","workflowId":${workflowId},` +
    `${actionId === undefined ? '' : `"actionId":${actionId},`}"actionExecutionIndexIdentifier":`;
  // `fields` repeats `inputFields`: HubSpot sends both, and integrations read the one or the other.
  const objectType = `,"objectType":${JSON.stringify(shape.objectType ?? 'CONTACT')}`;
  const rest = `},"fields":${fields},"inputFields":${fields}}`;
  const { propertiesOf } = shape;
  const properties = (objectId: number) =>
    propertiesOf ? `,"properties":${JSON.stringify(propertiesOf(objectId))}` : '';

  return (callbackId, enrollmentId, executionIndex, objectId) => {
    const index = `{"enrollmentId":${enrollmentId},"actionExecutionIndex":${executionIndex}}`;
    return `{"callbackId":"${callbackId}${origin}${index}${context}${index}},"object":{"objectId":${objectId}${objectType}${properties(objectId)}${rest}`;
  };
}
