import type { Batch } from './enroller.js';
import { LaneTally } from './lanes.js';
import { RollingLimiter } from './limiter.js';
import { createActionBody, type ActionBody } from './payload.js';
import { createSigner, type SignatureKind } from './signatures.js';
import { TimeList } from './times.js';

const TEN_SECONDS_MS = 10_000;

export interface Action {
  actionDefinitionId: number;
  version: number;
  actionUrl: string;
  signature: SignatureKind;
  target: Target;
}

/** Where an action call goes, with all that is the same for each call worked out once. */
export interface Target {
  origin: string;
  path: string;
  headers(body: string): string[];
}

export interface Step {
  actionId: number;
  action: Action;
  inputFields: Record<string, string>;
  queue: string | null;
  lane: LaneTally;
  body: ActionBody;
}

export interface Workflow {
  workflowId: number;
  name: string;
  portal: Portal;
  steps: Step[];
  batches: Batch[];
}

export interface StepPlan {
  actionDefinitionId: number;
  actionId?: number | undefined;
  inputFields: Record<string, string>;
}

/** A HubSpot account: its workflows, its share of the app's limit, and what was asked of it. */
export class Portal {
  installed = false;
  readonly actions = new Map<number, Action>();
  readonly workflows = new Map<number, Workflow>();
  readonly lanes = new Map<string, LaneTally>();
  readonly limiter: RollingLimiter;
  readonly calls = new TimeList();
  readonly callbackCalls = new TimeList();
  readonly callsByStatus = new Map<number, number>();
  rejected429 = 0;
  foreignCalls = 0;
  foreign429 = 0;

  constructor(
    readonly portalId: number,
    public name: string,
    public timeZone: string,
    tenSecondlyLimit: number,
  ) {
    this.limiter = new RollingLimiter(tenSecondlyLimit, TEN_SECONDS_MS);
  }
}

/** Numbers as large as HubSpot's own, so that nobody gets away with 32 bits. */
const FIRST_ACTION_DEFINITION_ID = 33_540_407;
const FIRST_WORKFLOW_ID = 713_617_349;
const FIRST_ACTION_ID = 1_000_001;

export class Portals {
  private readonly byId = new Map<number, Portal>();
  private nextActionDefinitionId = FIRST_ACTION_DEFINITION_ID;
  private nextWorkflowId = FIRST_WORKFLOW_ID;
  private nextActionId = FIRST_ACTION_ID;

  constructor(
    private readonly app: { clientSecret: string; epochMs: () => number; tenSecondlyLimit: () => number },
  ) {}

  all(): Portal[] {
    return [...this.byId.values()];
  }

  get(portalId: number): Portal | undefined {
    return this.byId.get(portalId);
  }

  /** Creating a portal again only renames it, so that a script may run twice. */
  create(portalId: number, name: string | undefined, timeZone: string | undefined): Portal {
    const known = this.byId.get(portalId);
    if (known) {
      known.name = name ?? known.name;
      known.timeZone = timeZone ?? known.timeZone;
      return known;
    }
    const portal = new Portal(
      portalId,
      name ?? `Portal ${portalId}`,
      timeZone ?? 'UTC',
      this.app.tenSecondlyLimit(),
    );
    this.byId.set(portalId, portal);
    return portal;
  }

  addAction(
    portal: Portal,
    plan: {
      actionUrl: string;
      actionDefinitionId?: number | undefined;
      signature?: SignatureKind | undefined;
    },
  ): Action {
    const url = new URL(plan.actionUrl);
    const called = url.origin + url.pathname + url.search;
    const signature = plan.signature ?? 'v2';
    const signer = createSigner(signature, this.app.clientSecret, 'POST', called, this.app.epochMs);
    const action: Action = {
      actionDefinitionId: plan.actionDefinitionId ?? this.nextActionDefinitionId++,
      version: 1,
      actionUrl: called,
      signature,
      target: {
        origin: url.origin,
        path: url.pathname + url.search,
        headers: (body) => signer.headers(body),
      },
    };
    portal.actions.set(action.actionDefinitionId, action);
    return action;
  }

  /** The steps' actions must exist in the portal. */
  addWorkflow(
    portal: Portal,
    plan: { name?: string | undefined; workflowId?: number | undefined; steps: StepPlan[] },
  ): Workflow {
    const workflowId = plan.workflowId ?? this.nextWorkflowId++;
    const workflow: Workflow = {
      workflowId,
      name: plan.name ?? `Workflow ${workflowId}`,
      portal,
      steps: [],
      batches: [],
    };
    for (const step of plan.steps) {
      const action = portal.actions.get(step.actionDefinitionId);
      if (!action) throw new Error(`Portal ${portal.portalId} has no action ${step.actionDefinitionId}`);
      const actionId = step.actionId ?? this.nextActionId++;
      const queue = step.inputFields['queue'] || null;
      const lane = laneOf(portal, workflowId, actionId, queue);
      const { inputFields } = step;
      const body = createActionBody({ portalId: portal.portalId, action, workflowId, actionId, inputFields });
      workflow.steps.push({ actionId, action, inputFields, queue, lane, body });
    }
    portal.workflows.set(workflowId, workflow);
    return workflow;
  }
}

function laneOf(portal: Portal, workflowId: number, actionId: number, queue: string | null): LaneTally {
  const key = queue === null ? `step/${workflowId}/${actionId}` : `queue/${queue}`;
  const lane = portal.lanes.get(key) ?? new LaneTally(portal.portalId, queue);
  lane.steps.add(`${workflowId}/${actionId}`);
  portal.lanes.set(key, lane);
  return lane;
}
