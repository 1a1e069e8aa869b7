import type { Crm } from '../crm/crm.js';
import { CrmError } from '../crm/errors.js';
import type { ObjectType } from '../crm/objectTypes.js';
import type { Portal } from '../portals/portal.js';
import type { Execution, Workflow } from '../throttle/entities.js';
import type { World } from '../world.js';
import { ControlError } from './controlError.js';

export function portalOf(world: World, params: string[]): Portal {
  const portal = world.portals.get(Number(params[0]));
  if (portal) return portal;
  const portals = world.portals.all().map((known) => known.portalId);
  const hint =
    portals.length === 0 ? 'Create one with POST /_sandbox/portals' : `There are: ${portals.join(', ')}`;
  throw new ControlError(404, `There is no portal ${params[0]}. ${hint}`, { portals });
}

export function workflowOf(world: World, portal: Portal, workflowId: string | undefined): Workflow {
  const known = world.workflows.of(portal).workflows;
  const workflow = known.get(Number(workflowId));
  if (workflow) return workflow;
  const workflows = [...known.keys()];
  const hint =
    workflows.length === 0
      ? `Create one with POST /_sandbox/portals/${portal.portalId}/workflows`
      : `There are: ${workflows.join(', ')}`;
  throw new ControlError(404, `Portal ${portal.portalId} has no workflow ${workflowId}. ${hint}`, {
    workflows,
  });
}

export function requireActions(
  world: World,
  portal: Portal,
  steps: readonly { actionDefinitionId: number }[],
): void {
  const actions = [...world.workflows.of(portal).actions.keys()];
  for (const [index, { actionDefinitionId }] of steps.entries()) {
    if (actions.includes(actionDefinitionId)) continue;
    const path = `body.steps.${index}.actionDefinitionId`;
    const known = actions.length === 0 ? 'none' : actions.join(', ');
    throw new ControlError(400, `${path}: portal ${portal.portalId} has these actions: ${known}`, {
      actions,
    });
  }
}

export function executionOf(world: World, params: string[]): Execution {
  const execution = world.enrolments.find(params[0] ?? '');
  if (execution) return execution;
  throw new ControlError(404, `No action was ever called with callback id ${params[0]}`);
}

export function typeOf(world: World, params: string[]): ObjectType {
  return typeNamed(world.crmOf(portalOf(world, params)), params[1] ?? '');
}

export function typeNamed(crm: Crm, name: string): ObjectType {
  const type = crm.findType(name);
  if (type) return type;
  const types = crm.types().map((one) => one.name);
  throw new ControlError(404, `There is no kind of record ${name}. There are: ${types.join(', ')}`, {
    types,
  });
}

/** What HubSpot would refuse, the control API refuses with the same status and words. */
export function refusedAs(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof CrmError)) throw error;
    throw new ControlError(error.failure.status, error.message);
  }
}
