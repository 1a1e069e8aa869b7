import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../integration/portals/harness.js';
import { callAction } from '../support/actionCall.js';
import { startStack, until, type Flow, type Stack } from '../support/stack.js';

const API = '/api/integrations/hubspot';
const ONE_PER_HOUR = { limit: 1, intervalMs: 3_600_000 };
const HUNDRED_PER_SECOND = { limit: 100, intervalMs: 1000 };
let portals = 51_000_000;

describe('A portal', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  }, 90_000);
  afterAll(() => stack?.stop(), 30_000);

  /** Installs the app as a person does. */
  async function install(portalId: number): Promise<void> {
    const browser = new Browser();
    const { url } = await stack.api.must<{ url: string }>('POST', `${API}/links`, { portalId });
    const opened = await browser.begin(url);
    const { location } = await stack.sandbox.authorize(portalId, opened.location ?? '');
    const ended = await browser.get(location, { accept: 'application/json' });
    expect(JSON.parse(ended.text)).toMatchObject({ installed: true, portalId });
  }
  async function installed(): Promise<number> {
    const portalId = (portals += 1);
    await stack.sandbox.createPortal(portalId);
    await install(portalId);
    return portalId;
  }
  const config = (portalId: number) =>
    stack.api.must<{
      state: string;
      stateReason: string | null;
      timeZone: string;
      token: { stored: boolean };
    }>('GET', `${API}/config?portalId=${portalId}`);
  const becomes = (portalId: number, state: string) =>
    until(
      `portal ${portalId} is ${state}`,
      async () => {
        const found = await config(portalId);
        return found.state === state && found;
      },
      30_000,
    );
  /** A lane whose window is full: `count` wait, in HubSpot and here. */
  async function waiting(portalId: number, count: number): Promise<Flow> {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: ONE_PER_HOUR }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: count + 1 });
    await until(
      `${count} wait`,
      async () => {
        const [lane] = await stack.api.lanes(portalId);
        if (lane?.waiting !== count || lane.sending > 0) return false;
        // Not before the last one has come: the first has gone.
        return (await statuses(flow)).filter((status) => status === 'released').length === 1;
      },
      15_000,
    );
    return flow;
  }
  const statuses = async (flow: Flow) => {
    const { items } = await stack.sandbox.enrolments(flow);
    return items.map(({ current }) => current?.outputs?.sluice_status ?? null).sort();
  };

  it('that is disconnected ends what waits in HubSpot with its reason, loses its grant and its tokens, and takes no more', async () => {
    const portalId = await installed();
    const flow = await waiting(portalId, 3);
    const begun = await stack.api.post<{ workflowId: string }>(`${API}/disconnect`, { portalId });
    expect(begun).toMatchObject({ status: 202, body: { state: 'disconnecting' } });

    const ended = await becomes(portalId, 'disconnected');
    expect(ended).toMatchObject({ stateReason: 'Disconnected on request', token: { stored: false } });
    expect(await statuses(flow)).toEqual(['cancelled', 'cancelled', 'cancelled', 'released']);
    const executions = await stack.api.executions({ portalId, state: 'cancelled' });
    expect(executions.map(({ reason }) => reason)).toEqual(Array(3).fill('The portal was disconnected'));
    const workflow = stack.temporal.workflow.getHandle(begun.body.workflowId);
    expect(await workflow.result()).toEqual({
      superseded: false,
      endedLocally: 0,
      revoked: 'done',
      uninstalled: 'nothing',
    });

    const late = await callAction({
      url: stack.actionUrl(),
      secret: stack.secrets.clientSecret,
      portalId,
      callbackId: `ap-${portalId}-1-1-0`,
    });
    expect(late).toMatchObject({
      status: 200,
      outputs: { hs_execution_state: 'FAIL_CONTINUE', sluice_status: 'refused' },
    });
  });

  it('that is installed again takes up its lane where it was', async () => {
    const portalId = await installed();
    const flow = await waiting(portalId, 2);
    const [lane] = await stack.api.lanes(portalId);
    await stack.pool.query(
      `UPDATE portals SET state = 'reauth_required', state_reason = 'BAD_REFRESH_TOKEN', state_changed_at = now() WHERE portal_id = $1`,
      [portalId],
    );
    await stack.api.changeLane(lane!.id, { rate: HUNDRED_PER_SECOND });
    const sent = (await stack.api.lane(lane!.id)).waiting;
    expect(sent).toBe(2); // its token is gone: nothing is sent any more

    await install(portalId);
    await until(
      'both have gone',
      async () => (await statuses(flow)).every((status) => status === 'released'),
      20_000,
    );
    expect(await config(portalId)).toMatchObject({ state: 'active', stateReason: null });
    expect((await stack.api.lanes(portalId)).map(({ id }) => id)).toEqual([lane!.id]);
  });

  it('that was disconnected can be installed again, and works', async () => {
    const portalId = await installed();
    await stack.api.must('POST', `${API}/disconnect`, { portalId, uninstall: true });
    const { stateReason } = await becomes(portalId, 'disconnected');
    expect(stateReason).toBe('Disconnected on request');
    await install(portalId);
    const flow = await stack.addFlow(portalId, { steps: [{ rate: HUNDRED_PER_SECOND }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 5 });
    await until(
      'all have gone',
      async () => {
        const seen = await statuses(flow);
        return seen.length === 5 && seen.every((status) => status === 'released');
      },
      20_000,
    );
  });

  it('whose time zone HubSpot knows has it here after an install', async () => {
    const portalId = (portals += 1);
    await stack.sandbox.createPortal(portalId, undefined, 'Asia/Tokyo');
    await install(portalId);
    await until(
      'the time zone is read',
      async () => (await config(portalId)).timeZone === 'Asia/Tokyo',
      15_000,
    );
  });
});
