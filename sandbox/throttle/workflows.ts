import type { Revision } from '../actions/definitions.js';
import type { Portal } from '../portals/portal.js';
import { createActionBody } from './actionBody.js';
import type { Action, Workflow } from './entities.js';
import { LaneTally } from './laneTally.js';
import { createSigner, type SignatureKind } from './signatures.js';

/** As large as HubSpot's own ids, so that a client that stores 32 bits fails. */
const FIRST_ACTION_DEFINITION_ID = 33_540_407;
const FIRST_WORKFLOW_ID = 713_617_349;
const FIRST_ACTION_ID = 1_000_001;

export interface StepPlan {
  actionDefinitionId: number;
  actionId?: number | undefined;
  inputFields: Record<string, string>;
  namesStep?: boolean | undefined;
}

/** The actions, workflows and lanes of one portal. */
export interface PortalWorkflows {
  readonly actions: Map<number, Action>;
  readonly workflows: Map<number, Workflow>;
  readonly lanes: Map<string, LaneTally>;
}

/** The actions and workflows of all portals, and the lanes that their steps feed. */
export class Workflows {
  private readonly byPortal = new Map<Portal, PortalWorkflows>();
  private nextActionDefinitionId = FIRST_ACTION_DEFINITION_ID;
  private nextWorkflowId = FIRST_WORKFLOW_ID;
  private nextActionId = FIRST_ACTION_ID;

  constructor(
    private readonly app: {
      /** The newest secret: a rotation takes effect with the next call. */
      clientSecret: () => string;
      epochMs: () => number;
      /** Of a record of a portal; null where it has none. */
      properties?: (
        portal: Portal,
        objectType: string,
        objectId: number,
        names: readonly string[],
      ) => Record<string, string | null>;
    },
  ) {}

  of(portal: Portal): PortalWorkflows {
    const known = this.byPortal.get(portal);
    if (known) return known;
    const made: PortalWorkflows = { actions: new Map(), workflows: new Map(), lanes: new Map() };
    this.byPortal.set(portal, made);
    return made;
  }

  addAction(
    portal: Portal,
    plan: {
      actionUrl: string;
      actionDefinitionId?: number | undefined;
      signature?: SignatureKind | undefined;
      defined?: Revision | undefined;
    },
  ): Action {
    const url = new URL(plan.actionUrl);
    const called = url.origin + url.pathname + url.search;
    const signature = plan.signature ?? 'v2';
    const sign = this.signed(signature, called);
    const action: Action = {
      actionDefinitionId: plan.actionDefinitionId ?? this.nextActionDefinitionId++,
      version: plan.defined?.revisionId ?? 1,
      actionUrl: called,
      signature,
      target: {
        origin: url.origin,
        path: url.pathname + url.search,
        headers: sign,
      },
      defined: plan.defined,
    };
    this.of(portal).actions.set(action.actionDefinitionId, action);
    return action;
  }

  /** Headers of a signed call, in the way of an action. */
  signedHeaders({ signature }: Pick<Action, 'signature'>, url: string, body: string): string[] {
    return this.signed(signature, url)(body);
  }

  private signed(kind: SignatureKind, url: string): (body: string) => string[] {
    let secret = this.app.clientSecret();
    let signer = createSigner(kind, secret, 'POST', url, this.app.epochMs);
    return (body) => {
      if (secret !== this.app.clientSecret()) {
        secret = this.app.clientSecret();
        signer = createSigner(kind, secret, 'POST', url, this.app.epochMs);
      }
      return signer.headers(body);
    };
  }

  /** Throws when a step names an action that the portal does not have. */
  addWorkflow(
    portal: Portal,
    plan: {
      name?: string | undefined;
      workflowId?: number | undefined;
      objectType?: string | undefined;
      steps: StepPlan[];
    },
  ): Workflow {
    const workflowId = plan.workflowId ?? this.nextWorkflowId++;
    const { actions, workflows, lanes } = this.of(portal);
    const { objectType = 'CONTACT' } = plan;
    const workflow: Workflow = {
      workflowId,
      name: plan.name ?? `Workflow ${workflowId}`,
      portal,
      steps: [],
      batches: [],
    };
    for (const step of plan.steps) {
      const action = actions.get(step.actionDefinitionId);
      if (!action) throw new Error(`Portal ${portal.portalId} has no action ${step.actionDefinitionId}`);
      const actionId = step.actionId ?? this.nextActionId++;
      const queue = step.inputFields['queue'] || null;
      const lane = laneOf(lanes, portal.portalId, workflowId, actionId, queue);
      const { inputFields, namesStep = true } = step;
      const names = action.defined?.definition.objectRequestOptions?.properties;
      const { properties } = this.app;
      const body = createActionBody({
        ...{ portalId: portal.portalId, action, workflowId, inputFields, objectType },
        propertiesOf:
          names && properties ? (objectId) => properties(portal, objectType, objectId, names) : undefined,
        actionId: namesStep ? actionId : undefined,
      });
      workflow.steps.push({ actionId, action, inputFields, queue, lane, body });
    }
    workflows.set(workflowId, workflow);
    return workflow;
  }
}

function laneOf(
  lanes: Map<string, LaneTally>,
  portalId: number,
  workflowId: number,
  actionId: number,
  queue: string | null,
): LaneTally {
  const key = queue === null ? `step/${workflowId}/${actionId}` : `queue/${queue}`;
  const lane = lanes.get(key) ?? new LaneTally(portalId, queue);
  lane.steps.add(`${workflowId}/${actionId}`);
  lanes.set(key, lane);
  return lane;
}
