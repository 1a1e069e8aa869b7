import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { json, noContent, type Answer } from './answer.js';
import { ENROLMENT_STATES, type Enrolment, type Execution } from './enrolments.js';
import type { Batch } from './enroller.js';
import { faultPlan } from './faults.js';
import { readBody } from './http.js';
import type { Portal, Workflow } from './portals.js';
import { createReport } from './report.js';
import { settingsPatch } from './settings.js';
import type { World } from './world.js';

const LARGEST_BODY = 1024 * 1024;
const FIRST_ITEMS = 100;

/** Says what is wrong and what would be right; thrown anywhere below, answered in one place. */
class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

interface Call {
  world: World;
  params: string[];
  query: Record<string, string>;
  body: unknown;
}

interface ControlRoute {
  method: string;
  path: string;
  pattern: RegExp;
  handle(call: Call): Answer | Promise<Answer>;
}

const id = z.int().positive();
const idText = z.coerce.number().int().positive();
const portalPlan = z.strictObject({
  portalId: id,
  name: z.string().optional(),
  timeZone: z.string().optional(),
});
const installPlan = z.strictObject({ lifetimeSeconds: z.number().positive().nullable().default(1_800) });
const actionPlan = z.strictObject({
  actionUrl: z.url({ protocol: /^https?$/ }),
  actionDefinitionId: id.optional(),
  signature: z.enum(['v2', 'v3', 'both']).optional(),
});
const stepPlan = z.strictObject({
  actionDefinitionId: id,
  actionId: id.optional(),
  inputFields: z.record(z.string(), z.string()).default({}),
});
const workflowPlan = z.strictObject({
  name: z.string().optional(),
  workflowId: id.optional(),
  steps: z.array(stepPlan).min(1),
});
const enrolPlan = z.strictObject({
  count: z.int().min(1).max(5_000_000),
  ratePerSecond: z.number().min(0).default(300),
  concurrency: z.int().min(1).max(4_096).default(32),
  callsEach: z.int().min(1).max(100).default(1),
});
const foreignPlan = z.strictObject({
  ratePerSecond: z.number().positive().max(10_000),
  seconds: z.number().positive().max(3_600),
});
const reportQuery = z.strictObject({
  windowMs: z.coerce.number().positive().default(10_000),
  portalId: idText.optional(),
  workflowId: idText.optional(),
});
const enrolmentsQuery = z.strictObject({
  portalId: idText.optional(),
  workflowId: idText.optional(),
  batchId: z.string().optional(),
});
const requestsQuery = z.strictObject({
  portalId: idText.optional(),
  after: z.coerce.number().int().min(-1).default(-1),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});
const nothing = z.strictObject({}).default({});

/** The part of the sandbox that HubSpot does not have: build a portal, enrol records, break things, ask for the verdict. */
export function createControl(world: () => World, reset: () => Promise<void>) {
  const routes: ControlRoute[] = [
    route('GET', '/health', ({ world }) =>
      json(200, {
        ok: true,
        appId: world.app.appId,
        clientId: world.app.clientId,
        seed: world.seed,
        portals: world.portals.all().length,
        requests: world.recorder.total,
        nowMs: world.clock.now(),
      }),
    ),
    route('POST', '/reset', async ({ body }) => {
      read(nothing, body, 'body');
      await reset();
      return noContent();
    }),
    route('GET', '/settings', ({ world }) => json(200, world.settings)),
    route('PATCH', '/settings', ({ world, body }) => {
      Object.assign(world.settings, read(settingsPatch, body, 'body'));
      for (const portal of world.portals.all()) portal.limiter.setLimit(world.settings.tenSecondlyLimit);
      return json(200, world.settings);
    }),
    route('GET', '/portals', ({ world }) => json(200, { items: world.portals.all().map(showPortal) })),
    route('POST', '/portals', ({ world, body }) => {
      const plan = read(portalPlan, body, 'body');
      return json(201, showPortal(world.portals.create(plan.portalId, plan.name, plan.timeZone)));
    }),
    route('POST', '/portals/:id/install', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      return json(201, world.tokens.install(portal, read(installPlan, body, 'body').lifetimeSeconds));
    }),
    route('POST', '/portals/:id/actions', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      const action = world.portals.addAction(portal, read(actionPlan, body, 'body'));
      return json(201, { actionDefinitionId: action.actionDefinitionId });
    }),
    route('POST', '/portals/:id/workflows', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      const plan = read(workflowPlan, body, 'body');
      requireActions(portal, plan.steps);
      if (plan.workflowId !== undefined && portal.workflows.has(plan.workflowId)) {
        throw new ControlError(409, `Portal ${portal.portalId} has a workflow ${plan.workflowId} already`);
      }
      return json(201, showWorkflow(world.portals.addWorkflow(portal, plan)));
    }),
    route('POST', '/portals/:id/workflows/:workflowId/enrol', ({ world, params, body }) => {
      const workflow = workflowOf(portalOf(world, params), params[1]);
      return json(202, { batchId: world.enroller.enrol(workflow, read(enrolPlan, body, 'body')).batchId });
    }),
    route('POST', '/portals/:id/foreign', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      const plan = read(foreignPlan, body, 'body');
      world.foreign.start(portal, plan.ratePerSecond, plan.seconds);
      return json(202, { calls: Math.round(plan.ratePerSecond * plan.seconds) });
    }),
    route('GET', '/enrolments', ({ world, query }) =>
      json(200, listEnrolments(world, read(enrolmentsQuery, query, 'query'))),
    ),
    route('GET', '/report', ({ world, query }) => {
      const asked = read(reportQuery, query, 'query');
      return json(200, createReport(world.portals.all(), world.unknownCallbacks, asked));
    }),
    route('GET', '/requests', ({ world, query }) => {
      const { after, limit, portalId } = read(requestsQuery, query, 'query');
      return json(200, world.recorder.list(after, limit, portalId));
    }),
    route('GET', '/faults', ({ world }) =>
      json(200, { items: world.faults.list().map(({ id, hits, plan }) => ({ id, hits, ...plan })) }),
    ),
    route('POST', '/faults', ({ world, body }) =>
      json(201, { id: world.faults.add(read(faultPlan, body, 'body')).id }),
    ),
    route('DELETE', '/faults', ({ world }) => {
      world.faults.clear();
      return noContent();
    }),
    route('DELETE', '/faults/:id', ({ world, params: [faultId = ''] }) => {
      if (world.faults.remove(faultId)) return noContent();
      throw new ControlError(404, `There is no fault ${faultId}`, {
        faults: world.faults.list().map((f) => f.id),
      });
    }),
    route('GET', '/callbacks/:callbackId', ({ world, params }) =>
      json(200, showExecution(executionOf(world, params))),
    ),
    route('POST', '/callbacks/:callbackId/expire', ({ world, params }) => {
      const execution = executionOf(world, params);
      if (world.enrolments.expire(execution)) return noContent();
      throw new ControlError(409, `${execution.callbackId} does not wait: it is ${execution.state}`);
    }),
    route('POST', '/callbacks/:callbackId/complete', ({ world, params }) => {
      const execution = executionOf(world, params);
      if (world.enrolments.completeByOthers(execution)) return noContent();
      throw new ControlError(409, `${execution.callbackId} does not wait: it is ${execution.state}`);
    }),
  ];

  return async function control(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const method = request.method ?? 'GET';
    const path = url.pathname.slice('/_sandbox'.length) || '/';
    try {
      const fitting = routes.filter((candidate) => candidate.pattern.test(path));
      const chosen = fitting.find((candidate) => candidate.method === method);
      if (!chosen) throw noSuchRoute(routes, fitting, method, url.pathname);
      const params = (chosen.pattern.exec(path) ?? []).slice(1).map((part) => decodeURIComponent(part));
      const body = method === 'GET' ? undefined : parseBody(await readBody(request, LARGEST_BODY));
      return await chosen.handle({
        world: world(),
        params,
        query: Object.fromEntries(url.searchParams),
        body,
      });
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      return json(error.status, { error: error.message, ...error.details });
    }
  };
}

function route(method: string, path: string, handle: ControlRoute['handle']): ControlRoute {
  const pattern = new RegExp(`^${path.replaceAll(/:\w+/g, '([^/]+)')}$`);
  return { method, path: `/_sandbox${path}`, pattern, handle };
}

function noSuchRoute(
  routes: ControlRoute[],
  fitting: ControlRoute[],
  method: string,
  path: string,
): ControlError {
  if (fitting.length > 0) {
    return new ControlError(405, `${path} does not know ${method}`, {
      methods: fitting.map((r) => r.method),
    });
  }
  const known = routes.map((candidate) => `${candidate.method} ${candidate.path}`);
  return new ControlError(404, `There is nothing at ${path}`, { routes: known });
}

function parseBody(body: Buffer | undefined): unknown {
  if (body === undefined) throw new ControlError(413, 'The body is larger than 1 MiB');
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new ControlError(
      400,
      `The body is no JSON: ${cause instanceof Error ? cause.message : 'unreadable'}`,
    );
  }
}

function read<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({
    path: [where, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  throw new ControlError(400, problems.map((p) => `${p.path}: ${p.message}`).join('; '), { problems });
}

function portalOf(world: World, params: string[]): Portal {
  const portal = world.portals.get(Number(params[0]));
  if (portal) return portal;
  const portals = world.portals.all().map((known) => known.portalId);
  const hint =
    portals.length === 0 ? 'Create one with POST /_sandbox/portals' : `There are: ${portals.join(', ')}`;
  throw new ControlError(404, `There is no portal ${params[0]}. ${hint}`, { portals });
}

function workflowOf(portal: Portal, workflowId: string | undefined): Workflow {
  const workflow = portal.workflows.get(Number(workflowId));
  if (workflow) return workflow;
  const workflows = [...portal.workflows.keys()];
  const hint =
    workflows.length === 0
      ? `Create one with POST /_sandbox/portals/${portal.portalId}/workflows`
      : `There are: ${workflows.join(', ')}`;
  throw new ControlError(404, `Portal ${portal.portalId} has no workflow ${workflowId}. ${hint}`, {
    workflows,
  });
}

function requireActions(portal: Portal, steps: readonly { actionDefinitionId: number }[]): void {
  const actions = [...portal.actions.keys()];
  for (const [index, { actionDefinitionId }] of steps.entries()) {
    if (portal.actions.has(actionDefinitionId)) continue;
    const path = `body.steps.${index}.actionDefinitionId`;
    const known = actions.length === 0 ? 'none' : actions.join(', ');
    throw new ControlError(400, `${path}: portal ${portal.portalId} has these actions: ${known}`, {
      actions,
    });
  }
}

function executionOf(world: World, params: string[]): Execution {
  const execution = world.enrolments.find(params[0] ?? '');
  if (execution) return execution;
  throw new ControlError(404, `No action was ever called with callback id ${params[0]}`);
}

function showPortal(portal: Portal) {
  return {
    portalId: portal.portalId,
    name: portal.name,
    timeZone: portal.timeZone,
    installed: portal.installed,
    actions: [...portal.actions.values()].map(({ actionDefinitionId, actionUrl, signature }) => ({
      actionDefinitionId,
      actionUrl,
      signature,
    })),
    workflows: [...portal.workflows.values()].map(showWorkflow),
  };
}

function showWorkflow(workflow: Workflow) {
  return {
    workflowId: workflow.workflowId,
    name: workflow.name,
    steps: workflow.steps.map(({ actionId, action, inputFields }) => ({
      actionId,
      actionDefinitionId: action.actionDefinitionId,
      inputFields,
    })),
    byState: sumStates(workflow.batches),
  };
}

function sumStates(batches: readonly Batch[]) {
  const counts = ENROLMENT_STATES.map(
    (state) => [state, batches.reduce((sum, batch) => sum + batch.byState[state], 0)] as const,
  );
  return Object.fromEntries(counts);
}

function listEnrolments(world: World, wanted: z.infer<typeof enrolmentsQuery>) {
  if (wanted.batchId !== undefined && !world.enroller.batches.has(wanted.batchId)) {
    throw new ControlError(404, `There is no batch ${wanted.batchId}`, {
      batches: [...world.enroller.batches.keys()],
    });
  }
  const batches = [...world.enroller.batches.values()].filter(
    (batch) =>
      (wanted.batchId === undefined || batch.batchId === wanted.batchId) &&
      (wanted.workflowId === undefined || batch.workflow.workflowId === wanted.workflowId) &&
      (wanted.portalId === undefined || batch.workflow.portal.portalId === wanted.portalId),
  );
  const chosen = new Set(batches);
  const items: ReturnType<typeof showEnrolment>[] = [];
  for (const enrolment of world.enrolments.all) {
    if (items.length >= FIRST_ITEMS) break;
    if (chosen.has(enrolment.batch)) items.push(showEnrolment(enrolment));
  }
  return {
    total: batches.reduce((sum, batch) => sum + batch.plan.count, 0),
    byState: sumStates(batches),
    items,
  };
}

function showEnrolment(enrolment: Enrolment) {
  const { enrollmentId, objectId, state, workflow, batch, current } = enrolment;
  return {
    enrollmentId,
    portalId: workflow.portal.portalId,
    workflowId: workflow.workflowId,
    batchId: batch.batchId,
    objectId,
    state,
    current: current && showExecution(current),
  };
}

function showExecution(execution: Execution) {
  const { callbackId, step, stepIndex, state, attempts, firstCallMs, blockedMs, dueMs } = execution;
  return {
    callbackId,
    step: stepIndex + 1,
    actionId: step.actionId,
    state,
    attempts,
    firstCallMs,
    blockedMs: blockedMs || null,
    dueMs: state === 'waiting' || state === 'retrying' ? dueMs : null,
    completedMs: execution.completion?.atMs ?? null,
    outcome: execution.outcome,
    outputs: execution.outputs,
  };
}
