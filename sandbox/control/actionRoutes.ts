import { randomUUID } from 'node:crypto';
import { newest, type Revision } from '../actions/definitions.js';
import { ruleMessage } from '../actions/executionRules.js';
import { json } from '../platform/answer.js';
import type { Portal } from '../portals/portal.js';
import type { ActionAnswer } from '../throttle/caller.js';
import type { Action } from '../throttle/entities.js';
import type { World } from '../world.js';
import { ControlError, read } from './controlError.js';
import { portalOf } from './lookups.js';
import { actionPlan, agentPlan, optionsPlan } from './plans.js';
import { route, type ControlRoute } from './router.js';

/** Actions of portals: steps of their workflows, drop-downs of their editor, calls of their agents. */
export function createActionRoutes(): ControlRoute[] {
  return [
    route('GET', '/definitions', ({ world: { definitions, settings } }) =>
      json(200, {
        developerKey: settings.developerKey,
        developerToken: definitions.developerToken,
        items: definitions.list({ archived: false }).map((one) => {
          const { revisionId, definition } = newest(one);
          const { published, actionUrl, labels, inputFields } = definition;
          const name = labels.en?.actionName;
          return { id: one.id, revisionId, published, actionUrl, name, inputFields, labels: labels.en };
        }),
      }),
    ),
    route('POST', '/portals/:id/actions', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      const plan = read(actionPlan, body, 'body');
      const { actionDefinitionId } = world.workflows.addAction(
        portal,
        'actionUrl' in plan ? plan : fromDefinition(world, portal, plan),
      );
      return json(201, { actionDefinitionId });
    }),
    route('POST', '/portals/:id/actions/:actionId/options', async ({ world, params, body }) =>
      json(200, await fetchOptions(world, portalOf(world, params), actionOf(world, params), body)),
    ),
    route('POST', '/portals/:id/actions/:actionId/agent', async ({ world, params, body }) =>
      json(200, await callAsAgent(world, portalOf(world, params), actionOf(world, params), body)),
    ),
  ];
}

/** The fields of a step are those of its action's definition; a workflow's records are of a type that it has. */
export function requireFields(
  world: World,
  portal: Portal,
  {
    objectType,
    steps,
  }: { objectType: string; steps: readonly { actionDefinitionId: number; inputFields: object }[] },
): void {
  const problems = steps.flatMap(({ actionDefinitionId, inputFields }, n) => {
    const defined = world.workflows.of(portal).actions.get(actionDefinitionId)?.defined;
    if (!defined) return [];
    const { objectTypes } = defined.definition;
    return [
      ...(objectTypes.length > 0 && !objectTypes.includes(objectType)
        ? [`the action is for ${objectTypes.join(', ')}, not ${objectType}`]
        : []),
      ...problemsOfFields(defined, inputFields as Readonly<Record<string, string>>),
    ].map((message) => `body.steps.${n}: ${message}`);
  });
  if (problems.length > 0) throw new ControlError(400, problems.join('; '), { problems });
}

function problemsOfFields({ definition }: Revision, given: Readonly<Record<string, string>>): string[] {
  const fields = definition.inputFields.map(({ typeDefinition, isRequired }) => ({
    ...typeDefinition,
    isRequired,
  }));
  const names = new Set(fields.map(({ name }) => name));
  return [
    ...Object.keys(given)
      .filter((name) => !names.has(name))
      .map((name) => `there is no field ${name}`),
    ...fields.flatMap(({ name, isRequired, options, optionsUrl, type }) => {
      const value = given[name] ?? '';
      if (value === '') return isRequired ? [`${name} is required`] : [];
      if (type === 'number' && !Number.isFinite(Number(value))) return [`${name} is no number`];
      const isListed = type === 'enumeration' && options.length > 0 && optionsUrl == null;
      return isListed && !options.some((option) => option.value === value)
        ? [`${name} has no option ${value}`]
        : [];
    }),
  ];
}

function fromDefinition(
  world: World,
  portal: Portal,
  plan: { definitionId: number; asDeveloper: boolean; signature?: Action['signature'] | undefined },
) {
  const found = world.definitions.find(plan.definitionId);
  if (!found || found.archivedAtEpochMs !== null)
    throw new ControlError(404, `There is no definition ${plan.definitionId}`);
  const defined = newest(found);
  if (world.oauth.installs.of(portal).length === 0)
    throw new ControlError(409, `The app is not installed in ${portal.portalId}`);
  if (!defined.definition.published && !plan.asDeveloper)
    throw new ControlError(
      409,
      `Definition ${found.id} is not published: the developer's own account alone sees it`,
    );
  const { actionUrl } = defined.definition;
  return { actionUrl, actionDefinitionId: found.id, signature: plan.signature, defined };
}

function actionOf(world: World, params: string[]): Action {
  const { actions } = world.workflows.of(portalOf(world, params));
  const action = actions.get(Number(params[1]));
  if (action) return action;
  throw new ControlError(404, `Portal ${params[0]} has no action ${params[1]}`, {
    actions: [...actions.keys()],
  });
}

/** As the editor does when somebody opens a drop-down (docs/hubspot.md#custom-workflow-actions). */
async function fetchOptions(world: World, portal: Portal, action: Action, body: unknown) {
  const { field, inputFields, q, after } = read(optionsPlan, body, 'body');
  const found = action.defined?.definition.inputFields.find(
    ({ typeDefinition }) => typeDefinition.name === field,
  );
  const url = found?.typeDefinition.optionsUrl;
  if (url == null) throw new ControlError(404, `The action has no field ${field} whose options are fetched`);
  const asked = JSON.stringify({
    origin: {
      ...{ portalId: portal.portalId, actionDefinitionId: action.actionDefinitionId },
      actionDefinitionVersion: action.version,
    },
    ...{ objectTypeId: '0-1', inputFieldName: field },
    inputFields: Object.fromEntries(
      Object.entries(inputFields).map(([name, value]) => [name, { type: 'STATIC_VALUE', value }]),
    ),
    fetchOptions: { ...(q !== undefined && { q }), ...(after !== undefined && { after }) },
  });
  const answer = await fetch(url, {
    ...{ method: 'POST', body: asked },
    headers: {
      'content-type': 'application/json',
      ...pairs(world.workflows.signedHeaders(action, url, asked)),
    },
    signal: AbortSignal.timeout(world.settings.actionTimeoutMs),
  });
  const text = await answer.text();
  return { status: answer.status, body: answer.ok ? (JSON.parse(text) as unknown) : text };
}

function pairs(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n] ?? '', flat[2 * n + 1] ?? '']),
  );
}

/** An agent calls the action as a tool. Whether it can wait for a callback is not documented. */
async function callAsAgent(world: World, portal: Portal, action: Action, body: unknown) {
  const { inputFields, objectId, withCallback } = read(agentPlan, body, 'body');
  const callbackId = withCallback ? `ag-${portal.portalId}-${randomUUID()}` : undefined;
  const asked = JSON.stringify({
    ...(callbackId !== undefined && { callbackId }),
    origin: {
      ...{ portalId: portal.portalId, actionDefinitionId: action.actionDefinitionId },
      actionDefinitionVersion: action.version,
    },
    context: {
      ...{ source: 'AGENTS', agentId: 1, trajectoryId: randomUUID() },
      chirpAiContextObject: {
        ...{ applicationGroup: 'agents', applicationId: 'sandbox', isPrivate: false },
        ...{ metadata: {}, otelContextHolder: {}, unstructuredSources: [] },
      },
    },
    ...(objectId !== undefined && { object: { objectId, objectType: 'CONTACT' } }),
    ...{ fields: inputFields, inputFields },
  });
  const { status, outputs } = await new Promise<ActionAnswer>((resolve) => {
    world.caller.post(action.target, asked, resolve);
  });
  const message = ruleMessage(action.defined?.definition, outputs);
  return { status, outputs, callbackId: callbackId ?? null, message };
}
