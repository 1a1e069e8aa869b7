import { DailyCount } from '../platform/dailyCount.js';
import type { Batch } from '../throttle/enroller.js';
import { LaneTally } from '../throttle/laneTally.js';
import { RollingLimiter } from '../platform/rollingLimiter.js';
import type { AppKind, Install } from '../oauth/installs.js';
import type { LimitPolicy } from '../hubspot/errors.js';
import { createActionBody, type ActionBody } from '../throttle/actionBody.js';
import type { Settings } from '../settings.js';
import { createSigner, type SignatureKind } from '../throttle/signatures.js';
import { TimeList } from '../platform/times.js';

const TEN_SECONDS_MS = 10_000;
const ONE_SECOND_MS = 1_000;

export type Limits = Pick<Settings, 'tenSecondlyLimit' | 'searchPerSecond' | 'associationsTenSecondlyLimit'>;

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
  readonly installs = new Map<AppKind, Install>();
  readonly actions = new Map<number, Action>();
  readonly workflows = new Map<number, Workflow>();
  readonly lanes = new Map<string, LaneTally>();
  readonly limiter: RollingLimiter;
  readonly searchLimiter: RollingLimiter;
  readonly associationLimiter: RollingLimiter;
  readonly today: DailyCount;
  readonly calls = new TimeList();
  readonly callbackCalls = new TimeList();
  readonly searchCalls = new TimeList();
  readonly associationCalls = new TimeList();
  readonly callsByStatus = new Map<number, number>();
  rejected429 = 0;
  readonly rejectedByPolicy = new Map<LimitPolicy, number>();
  foreignCalls = 0;
  foreign429 = 0;
  /** What its subscription does not have: an app that requires one of them cannot be installed. */
  withheldScopes: readonly string[] = [];

  constructor(
    readonly portalId: number,
    public name: string,
    public timeZone: string,
    limits: Limits,
  ) {
    this.limiter = new RollingLimiter(limits.tenSecondlyLimit, TEN_SECONDS_MS);
    this.searchLimiter = new RollingLimiter(limits.searchPerSecond, ONE_SECOND_MS);
    this.associationLimiter = new RollingLimiter(limits.associationsTenSecondlyLimit, TEN_SECONDS_MS);
    this.today = new DailyCount(() => this.timeZone);
  }

  setLimits(limits: Limits): void {
    this.limiter.setLimit(limits.tenSecondlyLimit);
    this.searchLimiter.setLimit(limits.searchPerSecond);
    this.associationLimiter.setLimit(limits.associationsTenSecondlyLimit);
  }

  get installed(): boolean {
    return this.installs.size > 0;
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
    private readonly app: {
      /** The newest: a rotation takes effect with the next call. */
      clientSecret: () => string;
      epochMs: () => number;
      limits: () => Limits;
    },
  ) {}

  all(): Portal[] {
    return [...this.byId.values()];
  }

  get(portalId: number): Portal | undefined {
    return this.byId.get(portalId);
  }

  /** Creating a portal again only renames it, so that a script may run twice. */
  create(
    portalId: number,
    name: string | undefined,
    timeZone: string | undefined,
    withheldScopes?: readonly string[],
  ): Portal {
    const known = this.byId.get(portalId);
    if (known) {
      known.name = name ?? known.name;
      known.timeZone = timeZone ?? known.timeZone;
      known.withheldScopes = withheldScopes ?? known.withheldScopes;
      return known;
    }
    const portal = new Portal(portalId, name ?? `Portal ${portalId}`, timeZone ?? 'UTC', this.app.limits());
    portal.withheldScopes = withheldScopes ?? [];
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
    const sign = this.signs(signature, called);
    const action: Action = {
      actionDefinitionId: plan.actionDefinitionId ?? this.nextActionDefinitionId++,
      version: 1,
      actionUrl: called,
      signature,
      target: {
        origin: url.origin,
        path: url.pathname + url.search,
        headers: sign,
      },
    };
    portal.actions.set(action.actionDefinitionId, action);
    return action;
  }

  private signs(kind: SignatureKind, url: string): (body: string) => string[] {
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
