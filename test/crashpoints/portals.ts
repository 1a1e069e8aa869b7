import { randomInt, randomUUID } from 'node:crypto';
import { installedLane, portalRow, tokenProblems } from '../faults/installed.js';
import type { Verdict } from '../faults/oracle.js';
import { completedOf } from '../faults/fault.js';
import { installApp } from '../support/installApp.js';
import { until, type Stack } from '../support/stack.js';
import { asked } from './ask.js';
import type { CrashRoom, Load, Play } from './crashRoom.js';
import { judgeFlow } from './judgeFlow.js';

const WAITING = 3;
/** Nothing goes by itself while the portal comes and goes. */
const ONE_PER_HOUR = { limit: 1, intervalMs: 3_600_000 };
const WAITS_WITHIN_MS = 60_000;

const newPortal = async (stack: Stack): Promise<number> => {
  const portalId = randomInt(10_000_000, 99_999_999);
  await stack.sandbox.createPortal(portalId);
  return portalId;
};

/** Whether a portal is stored, and then whether what follows that is done. */
function isConnected(stack: Stack, portalId: number) {
  const has = async (more: string): Promise<boolean> => {
    const { rowCount } = await stack.pool.query(
      `SELECT FROM portals WHERE portal_id = $1 AND state = 'active' AND verified_at IS NOT NULL ${more}`,
      [portalId],
    );
    return rowCount === 1;
  };
  const isDone = async () =>
    (await has('AND resumed_epoch = epoch')) && (await leftRunning(stack, portalId)).length === 0;
  return { stands: () => has(''), isDone };
}

/**
 * Whoever asked has it, with a token of this account; each time that it was stored is on record and was told, and no
 * other; what follows it is not under way any more.
 */
async function judgeConnected(stack: Stack, portalId: number): Promise<Verdict> {
  const { state, epoch } = await portalRow(stack, portalId);
  const { rows } = await stack.pool.query<{ entries: number; notices: number }>(
    `SELECT (SELECT count(*)::int FROM audit_entries a JOIN portals p USING (workspace_id)
              WHERE p.portal_id = $1 AND a.portal_id = $1 AND a.result = 'ok'
                AND a.operation IN ('portal.connect', 'portal.reconnect', 'portal.install')) AS entries,
            (SELECT count(*)::int FROM notices n JOIN portals p USING (workspace_id)
              WHERE p.portal_id = $1 AND n.portal_id = $1 AND n.kind = 'portal.connected') AS notices`,
    [portalId],
  );
  const { entries, notices } = rows[0]!;
  return {
    problems: [
      ...(state === 'active' ? [] : [`The portal is ${state}`]),
      ...(await tokenProblems(stack, portalId)),
      ...(entries > 0 && entries === notices
        ? []
        : [`${entries} installs are in the audit chain, ${notices} were told`]),
      ...(await leftRunning(stack, portalId)),
    ],
    figures: [
      ['stored', entries],
      ['epoch', epoch],
    ],
  };
}

async function leftRunning(stack: Stack, portalId: number): Promise<string[]> {
  const running: string[] = [];
  const query = `WorkflowType IN ('install', 'disconnect') AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of stack.temporal.workflow.list({ query }))
    if (workflowId.includes(`/${portalId}/`)) running.push(`${workflowId} still runs`);
  return running;
}

const connected: Load['prepare'] = async (stack) => {
  const portalId = await newPortal(stack);
  const { accessToken } = await stack.sandbox.install(portalId);
  return {
    ...asked(
      () => stack.api.must('POST', '/api/portals', { portalId, accessToken }),
      isConnected(stack, portalId),
    ),
    judge: () => judgeConnected(stack, portalId),
  };
};

const installed: Load['prepare'] = async (stack) => {
  const portalId = await newPortal(stack);
  return installs(stack, portalId);
};

function installs(stack: Stack, portalId: number): Play {
  return {
    ...asked(() => installApp(stack, portalId), isConnected(stack, portalId)),
    judge: () => judgeConnected(stack, portalId),
  };
}

/** HubSpot refuses the code of the first try. */
const installedAtLast: Load['prepare'] = async (stack) => {
  const portalId = await newPortal(stack);
  const { begin, ...rest } = installs(stack, portalId);
  return {
    ...rest,
    async begin() {
      await stack.sandbox.fault({
        target: 'oauth',
        portalId,
        kind: 'status',
        refusal: 'BAD_AUTH_CODE',
        count: 1,
      });
      await begin();
    },
  };
};

/** HubSpot begins an install of an account that is connected here: the person is led on by a link. */
const ledOn: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const redirectUri = new URL('/api/integrations/hubspot/callback', stack.actionUrl()).href;
  const count = async (from: string): Promise<number> => {
    const { rows } = await stack.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`, [
      portalId,
    ]);
    return rows[0]!.n;
  };
  const links = () => count(`install_links WHERE expected_portal_id = $1 AND actor = 'hubspot'`);
  return {
    ...asked(
      async () => {
        const { location } = await stack.sandbox.beginInstall(portalId, redirectUri);
        await fetch(location, { redirect: 'manual' });
      },
      { stands: async () => (await links()) > 0 },
    ),
    async judge() {
      const made = await links();
      const entries = await count(
        `audit_entries e JOIN install_links l ON l.id::text = e.subject ->> 'linkId'
          WHERE e.operation = 'portal.link' AND l.actor = 'hubspot' AND l.expected_portal_id = $1`,
      );
      return {
        problems: made === 1 && entries === 1 ? [] : [`${made} links, ${entries} entries in the audit chain`],
        figures: [['links', made]],
      };
    },
  };
};

/** Another workspace holds it with a token that nobody proved, and executions wait there. */
const taken: Load['prepare'] = async (stack) => {
  const portalId = await newPortal(stack);
  const former = randomUUID();
  await stack.pool.query('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', [former]);
  await stack.pool.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [portalId, former]);
  return {
    ...installs(stack, portalId),
    async judge() {
      const verdict = await judgeConnected(stack, portalId);
      const { rows } = await stack.pool.query<{ operation: string; step: string; n: number }>(
        `SELECT operation, subject ->> 'step' AS step, count(*)::int AS n FROM audit_entries
          WHERE portal_id = $1 AND operation IN ('portal.take', 'portal.taken') GROUP BY 1, 2 ORDER BY 1, 2`,
        [portalId],
      );
      const steps = rows.map(({ operation, step, n }) => `${operation} ${step} ${n}`).join(', ');
      const expected = 'portal.take begun 1, portal.take done 1, portal.taken begun 1, portal.taken done 1';
      return {
        ...verdict,
        problems: [...verdict.problems, ...(steps === expected ? [] : [`The audit chains say: ${steps}`])],
      };
    },
  };
};

/**
 * The database takes no portal while the page of its install waits: the API keeps what HubSpot has granted, and stores
 * it afterwards. `meanwhile`: what happens before the database takes it again. Whether the page said that it is kept.
 */
async function installWhileRefused(
  stack: Stack,
  portalId: number,
  meanwhile: () => Promise<unknown>,
): Promise<boolean> {
  const name = `refuse_${portalId}`;
  await stack.pool.query(
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'cannot execute it' USING ERRCODE = '25006'; END $$`,
  );
  await stack.pool.query(
    `CREATE TRIGGER ${name} BEFORE INSERT ON portals FOR EACH ROW
       WHEN (NEW.portal_id = ${portalId}) EXECUTE FUNCTION ${name}()`,
  );
  try {
    const isKept = await installApp(stack, portalId).then(
      () => false,
      (error: unknown) => String(error).includes('install_kept'),
    );
    await meanwhile();
    return isKept;
  } finally {
    await stack.pool.query(`DROP FUNCTION ${name} CASCADE`);
  }
}

/** Of an API that died before its page could say that the install is kept, it is asked again. */
function askedUntilKept(
  stack: Stack,
  portalId: number,
  {
    isDone,
    meanwhile = async () => undefined,
  }: { isDone: Play['ended']; meanwhile?: () => Promise<unknown> },
): Pick<Play, 'begin' | 'ended'> {
  let isKept = false;
  let isAsked = false;
  return {
    async begin() {
      isKept = await installWhileRefused(stack, portalId, meanwhile);
      isAsked = true;
    },
    async ended() {
      if (!isAsked) return false;
      if (!isKept) isKept = await installWhileRefused(stack, portalId, meanwhile);
      return isDone();
    },
  };
}

const installKept: Load['prepare'] = async (stack) => {
  const portalId = await newPortal(stack);
  return {
    ...askedUntilKept(stack, portalId, isConnected(stack, portalId)),
    judge: () => judgeConnected(stack, portalId),
  };
};

/** Its link is used before: how it ended is on record, and nothing is stored. */
const keptInVain: Load['prepare'] = async (stack) => {
  const portalId = await newPortal(stack);
  const useLink = () =>
    stack.pool.query(
      'UPDATE install_links SET completed_at = clock_timestamp() WHERE expected_portal_id = $1',
      [portalId],
    );
  const entries = async (): Promise<number> => {
    const { rowCount } = await stack.pool.query(
      `SELECT FROM audit_entries WHERE portal_id = $1 AND operation = 'portal.install'
          AND result = 'install_expired' AND subject ->> 'reason' = 'link_used'`,
      [portalId],
    );
    return rowCount ?? 0;
  };
  const isDone = async () => (await entries()) > 0;
  return {
    ...askedUntilKept(stack, portalId, { isDone, meanwhile: useLink }),
    async judge() {
      const { rowCount } = await stack.pool.query('SELECT FROM portals WHERE portal_id = $1', [portalId]);
      return {
        problems: rowCount === 0 ? [] : ['It is connected although its link was used'],
        figures: [['entries', await entries()]],
      };
    },
  };
};

/** Executions wait in a portal that is then disconnected. */
export async function waitingPortal(stack: Stack) {
  const flow = await installedLane(stack, ONE_PER_HOUR);
  await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: WAITING });
  await until(
    'all but the first wait',
    async () => {
      const [lane] = await stack.api.lanes(flow.portalId);
      return lane?.waiting === WAITING - 1 && lane.sending === 0;
    },
    WAITS_WITHIN_MS,
  );
  return flow;
}

const disconnect = (stack: Stack, portalId: number) =>
  stack.api.must('POST', '/api/integrations/hubspot/disconnect', { portalId, uninstall: true });

function isDisconnected(stack: Stack, portalId: number) {
  const stateIs = async (...states: readonly string[]) =>
    states.includes((await portalRow(stack, portalId)).state);
  return {
    stands: () => stateIs('disconnecting', 'disconnected'),
    isDone: () => stateIs('disconnected'),
  };
}

const disconnected: Load['prepare'] = async (stack) => {
  const flow = await waitingPortal(stack);
  const { portalId } = flow;
  return {
    ...asked(() => disconnect(stack, portalId), isDisconnected(stack, portalId)),
    async judge(deathsMs) {
      const { problems, figures } = await judgeFlow(stack, { flow, ...ONE_PER_HOUR }, deathsMs);
      const { accessTokenSealed } = await portalRow(stack, portalId);
      const { rows } = await stack.pool.query<{ entries: number; notices: number }>(
        `SELECT (SELECT count(*)::int FROM audit_entries WHERE portal_id = $1 AND operation = 'portal.disconnected') AS entries,
                (SELECT count(*)::int FROM notices WHERE portal_id = $1 AND kind = 'portal.disconnected') AS notices`,
        [portalId],
      );
      const { entries, notices } = rows[0]!;
      return {
        problems: [
          ...problems,
          ...(accessTokenSealed === null ? [] : ['Its token is still stored']),
          ...(entries === 1 && notices === 1
            ? []
            : [`Its end is ${entries} times on record, ${notices} told`]),
          ...(await leftRunning(stack, portalId)),
        ],
        figures: [...figures, ['ended', await completedOf(stack, flow)]],
      };
    },
  };
};

export const portals: CrashRoom = {
  name: 'portals',
  loads: [
    {
      name: 'a portal is connected by a token',
      process: 'api',
      reaches: ['portals.connect.proved', 'portals.connect.committed'],
      prepare: connected,
    },
    {
      name: 'the app is installed',
      process: 'api',
      reaches: [
        'portals.install.state-used',
        'portals.install.exchanged',
        'portals.install.granted',
        'portals.install.noted',
        'portals.install.committed',
        'portals.install.stored',
      ],
      prepare: installed,
    },
    {
      name: 'the app is installed while the database takes no portal',
      process: 'api',
      reaches: ['portals.kept.stored', 'portals.kept.removed', 'portals.kept.tried'],
      prepare: installKept,
    },
    {
      name: 'an install is kept, and its link is used meanwhile',
      process: 'api',
      reaches: ['portals.kept.ended'],
      prepare: keptInVain,
    },
    {
      name: 'HubSpot begins an install',
      process: 'api',
      reaches: ['portals.lead.granted'],
      prepare: ledOn,
    },
    {
      name: 'HubSpot refuses the code of an install',
      process: 'api',
      reaches: ['portals.install.failed'],
      prepare: installedAtLast,
    },
    {
      name: 'a portal is taken over from a workspace that never proved it',
      process: 'api',
      reaches: ['portals.take.wanted', 'portals.take.begun', 'portals.take.ending', 'portals.take.released'],
      prepare: taken,
    },
    {
      name: 'a disconnect is asked for',
      process: 'api',
      reaches: ['portals.disconnect.committed'],
      prepare: disconnected,
    },
    {
      name: 'a portal is disconnected',
      process: 'worker',
      reaches: [
        'portals.disconnect.uninstalled',
        'portals.disconnect.revoked',
        'portals.disconnect.tokens-removed',
        'portals.hook.ended',
        'portals.disconnect.finished',
      ],
      prepare: disconnected,
    },
    {
      name: 'what follows an install',
      process: 'worker',
      reaches: [
        'portals.hook.resumed',
        'portals.install.keeper-told',
        'portals.account.read',
        'portals.account.verified',
      ],
      prepare: installed,
    },
  ],
};
