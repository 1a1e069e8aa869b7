import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startSandbox } from '../../../sandbox/server.js';

export const SECRET = 'a-secret-of-the-app';
export const PORTAL = 26_816_943;
export const BLOCK = { outputFields: { hs_execution_state: 'BLOCK', hs_expiration_duration: 'P1W' } };
export const SUCCESS = { outputFields: { hs_execution_state: 'SUCCESS', sluice_status: 'released' } };

export interface ActionCall {
  atMs: number;
  callbackId: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** How the action answers one call; `never` for no answer. */
export type Reply =
  { status?: number; headers?: Record<string, string>; json?: unknown; delayMs?: number } | 'never';

/** A sandbox, and an action that it calls; both on real sockets. */
export async function startHarness(
  reply: (call: ActionCall, number: number) => Reply = () => ({ json: BLOCK }),
) {
  const calls: ActionCall[] = [];
  const action = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { callbackId } = JSON.parse(body) as { callbackId: string };
      const call = { atMs: performance.now(), callbackId, headers: request.headers, body };
      calls.push(call);
      const wanted = reply(call, calls.length);
      if (wanted === 'never') return;
      setTimeout(() => {
        response.writeHead(wanted.status ?? 200, { 'content-type': 'application/json', ...wanted.headers });
        response.end(JSON.stringify(wanted.json ?? {}));
      }, wanted.delayMs ?? 0);
    });
  });
  await new Promise<void>((resolve) => action.listen(0, '127.0.0.1', resolve));
  const actionUrl = `http://127.0.0.1:${(action.address() as AddressInfo).port}/api/hubspot/action`;
  const errors: unknown[] = [];
  const sandbox = await startSandbox({
    app: { clientSecret: SECRET, appId: 77 },
    seed: 1,
    onError: (error) => errors.push(error),
  });

  async function ask(method: string, path: string, body?: unknown, headers = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const init = { method, headers: { 'content-type': 'application/json', ...headers } };
    const response = await fetch(sandbox.url + path, text === undefined ? init : { ...init, body: text });
    const answer = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? parse(answer) : answer };
  }
  const control = (method: string, path: string, body?: unknown) => ask(method, `/_sandbox${path}`, body);

  /** A portal with the app in it and a workflow of one or more steps, all of the same action. */
  async function portal(
    options: {
      portalId?: number;
      steps?: Record<string, string>[];
      lifetimeSeconds?: number | null;
      signature?: string;
    } = {},
  ) {
    const { portalId = PORTAL, steps = [{}], lifetimeSeconds = 1_800, signature } = options;
    await control('POST', '/portals', { portalId });
    const installed = await control('POST', `/portals/${portalId}/install`, { lifetimeSeconds });
    const made = await control('POST', `/portals/${portalId}/actions`, { actionUrl, signature });
    const { actionDefinitionId } = made.body;
    const plan = { steps: steps.map((inputFields) => ({ actionDefinitionId, inputFields })) };
    const { workflowId } = (await control('POST', `/portals/${portalId}/workflows`, plan)).body;
    const token: string = installed.body.accessToken;
    const bearer = { authorization: `Bearer ${token}` };
    return {
      portalId,
      token,
      workflowId: workflowId as number,
      enrol: (count: number, more = {}) =>
        control('POST', `/portals/${portalId}/workflows/${workflowId}/enrol`, {
          count,
          ratePerSecond: 0,
          ...more,
        }),
      completeBatch: (callbackIds: string[], outputs: unknown = SUCCESS) =>
        ask(
          'POST',
          '/automation/actions/callbacks/2026-03/complete',
          { inputs: callbackIds.map((callbackId) => ({ callbackId, ...(outputs as object) })) },
          bearer,
        ),
      complete: (callbackId: string, outputs: unknown = SUCCESS) =>
        ask('POST', `/automation/actions/callbacks/2026-03/${callbackId}/complete`, outputs, bearer),
      post: (path: string, body: unknown) => ask('POST', path, body, bearer),
    };
  }

  return {
    url: sandbox.url,
    actionUrl,
    calls,
    errors,
    ask,
    control,
    portal,
    report: async (query = '') => (await control('GET', `/report${query}`)).body,
    byState: async () => (await control('GET', '/enrolments')).body.byState,
    execution: async (callbackId: string) => (await control('GET', `/callbacks/${callbackId}`)).body,
    async waiting(count: number) {
      await eventually(async () => (await control('GET', '/enrolments')).body.byState.waiting === count);
    },
    async close() {
      await sandbox.close();
      action.closeAllConnections();
      await new Promise((resolve) => action.close(resolve));
    },
  };
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

function parse(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    // A truncated answer is returned as it is.
    return text;
  }
}

/** Asks until it is true, or fails after `withinMs`. */
export async function eventually(isTrue: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline)
      throw new Error(`It did not come true within ${withinMs} ms: ${isTrue.toString()}`);
    await delay(5);
  }
}
