import { json, noContent } from '../platform/answer.js';
import { faultPlan } from '../faults/faults.js';
import { createReport } from '../throttle/report.js';
import { settingsPatch } from '../settings.js';
import { createActionRoutes, requireFields } from './actionRoutes.js';
import { createCrmControlRoutes } from './crmRoutes.js';
import { ControlError, read } from './controlError.js';
import { createMirrorRoutes } from './mirrorRoutes.js';
import { createInstallRoutes } from './installRoutes.js';
import { createJournalRoutes } from './journalRoutes.js';
import { createWebhookRoutes } from './webhookRoutes.js';
import { executionOf, portalOf, requireActions, workflowOf } from './lookups.js';
import {
  enrolPlan,
  enrolmentsQuery,
  foreignPlan,
  nothing,
  overviewQuery,
  portalPlan,
  reportQuery,
  requestsQuery,
  workflowPlan,
} from './plans.js';
import { route, type ControlRoute } from './router.js';
import {
  listEnrolments,
  reportSources,
  showExecution,
  showFaults,
  showOverview,
  showPortal,
  showWorkflow,
} from './views.js';

/** The control API, which HubSpot does not have: create portals, enrol records, inject faults, read the report. */
export function createControlRoutes(reset: () => Promise<void>): ControlRoute[] {
  return [
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
      for (const portal of world.portals.all()) portal.setLimits(world.settings);
      return json(200, world.settings);
    }),
    route('GET', '/portals', ({ world }) =>
      json(200, { items: world.portals.all().map((portal) => showPortal(world, portal)) }),
    ),
    route('POST', '/portals', ({ world, body }) => {
      const plan = read(portalPlan, body, 'body');
      const { portalId, name, timeZone, withheldScopes } = plan;
      return json(201, showPortal(world, world.portals.create(portalId, name, timeZone, withheldScopes)));
    }),
    ...createInstallRoutes(),
    ...createMirrorRoutes(),
    ...createCrmControlRoutes(),
    ...createWebhookRoutes(),
    ...createJournalRoutes(),
    ...createActionRoutes(),
    route('POST', '/portals/:id/workflows', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      const plan = read(workflowPlan, body, 'body');
      requireActions(world, portal, plan.steps);
      requireFields(world, portal, plan);
      if (plan.workflowId !== undefined && world.workflows.of(portal).workflows.has(plan.workflowId)) {
        throw new ControlError(409, `Portal ${portal.portalId} has a workflow ${plan.workflowId} already`);
      }
      return json(201, showWorkflow(world.workflows.addWorkflow(portal, plan)));
    }),
    route('POST', '/portals/:id/workflows/:workflowId/enrol', ({ world, params, body }) => {
      const workflow = workflowOf(world, portalOf(world, params), params[1]);
      return json(202, { batchId: world.enroller.enrol(workflow, read(enrolPlan, body, 'body')).batchId });
    }),
    route('POST', '/portals/:id/foreign', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      const plan = read(foreignPlan, body, 'body');
      world.foreign.start(portal, plan.ratePerSecond, plan.seconds, plan.bucket);
      return json(202, { calls: Math.round(plan.ratePerSecond * plan.seconds) });
    }),
    route('GET', '/enrolments', ({ world, query }) =>
      json(200, listEnrolments(world, read(enrolmentsQuery, query, 'query'))),
    ),
    route('GET', '/report', ({ world, query }) => {
      return json(200, createReport(reportSources(world), read(reportQuery, query, 'query')));
    }),
    route('GET', '/overview', ({ world, query }) =>
      json(200, showOverview(world, read(overviewQuery, query, 'query').windowMs)),
    ),
    route('GET', '/requests', ({ world, query }) => {
      const { after, limit, portalId } = read(requestsQuery, query, 'query');
      return json(200, world.recorder.list(after, limit, portalId));
    }),
    route('GET', '/faults', ({ world }) => json(200, { items: showFaults(world) })),
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
}
