import { randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { forWorkspace } from '../../../src/db/tenant.js';
import { newApiKey, storeApiKey } from '../../../src/db/workspaces/apiKeys.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createProcess, type ProcessHandle } from '../../support/process.js';
import { WORKSPACE } from '../../support/throttle.js';
import { givenTemporalAddress } from '../../support/servers.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
// In the project, so that its packages are found; git and the checks do not look there.
const COPY = path.join(ROOT, '.sluice', `room-${process.pid}`);

/** The room `echo`, on every floor. */
const FILES: Readonly<Record<string, string>> = {
  'platform/config/echo.ts': `import { z } from 'zod';
export const echoSchema = { ECHO_WORD: z.string().default('hello') };`,
  'temporal/echo/contract.ts': `import type { TaskQueue } from '../taskQueues.js';
export const ECHO_WORKFLOW = 'echo';
export const ECHO_QUEUE: TaskQueue = 'default';
export interface EchoInput { readonly times: number }`,
  'workflows/echo/echo.ts': `import { proxyActivities } from '@temporalio/workflow';
import type { EchoActivities } from '../../activities/echo/echoActivities.js';
import type { EchoInput } from '../../temporal/echo/contract.js';
const { say } = proxyActivities<EchoActivities>({ startToCloseTimeout: '10 seconds' });
export async function echo(input: EchoInput): Promise<string> { return say(input); }`,
  'activities/echo/echoActivities.ts': `import type { EchoInput } from '../../temporal/echo/contract.js';
export type EchoActivities = ReturnType<typeof createEchoActivities>;
export function createEchoActivities(word: string) {
  return { say: async ({ times }: EchoInput): Promise<string> => Array(times).fill(word).join(' ') };
}`,
  'worker/echo/echoRoom.ts': `import { createEchoActivities } from '../../activities/echo/echoActivities.js';
import { ECHO_QUEUE } from '../../temporal/echo/contract.js';
import type { WorkerCore } from '../core.js';
import type { WorkerRoom } from '../room.js';
export function createEchoRoom({ config }: WorkerCore): WorkerRoom {
  return { activities: { [ECHO_QUEUE]: createEchoActivities(config.ECHO_WORD) } };
}`,
  'api/echo/echoRoom.ts': `import { Router } from 'express';
import { ECHO_QUEUE, ECHO_WORKFLOW } from '../../temporal/echo/contract.js';
import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
export function createEchoRoom({ temporal }: ApiCore): ApiRoom {
  const router = Router().post('/:id', async ({ params: { id } }, response) => {
    const workflowId = \`echo/\${id}\`;
    await temporal.start({ workflow: ECHO_WORKFLOW, queue: ECHO_QUEUE, workflowId, args: [{ times: 2 }] });
    response.status(202).json({ workflowId });
  });
  return { keyed: [{ path: '/echo', router }] };
}`,
  'cli/echo/echo.ts': `import type { Command } from 'commander';
import { reach } from '../api.js';
import { verb, show, type Context } from '../context.js';
export function addEcho(noun: Command, context: Context): void {
  verb(noun, { name: 'say', description: 'say it', example: 'say 1' })
    .argument('<id>', 'which')
    .action(async (id: string, { json }: { json?: true }) => {
      const settings = context.settings();
      const headers = { authorization: \`Bearer \${settings.apiKey?.reveal()}\` };
      const asked = new Request(\`\${settings.apiUrl}/api/echo/\${id}\`, { method: 'POST', headers });
      const answer = (await (await reach(settings, asked)).json()) as { workflowId: string };
      show(context, json, answer, () => answer.workflowId);
    });
}`,
};

/** The lines that register it: by file, what each is put before. */
const LINES: Readonly<Record<string, readonly (readonly [before: string, line: string])[]>> = {
  'api/rooms.ts': [
    [`import { createOutboxRoom }`, `import { createEchoRoom } from './echo/echoRoom.js';`],
    ['    createWorkspacesRoom(core),', '    createEchoRoom(core),'],
  ],
  'worker/rooms.ts': [
    [`import { createOutboxRoom }`, `import { createEchoRoom } from './echo/echoRoom.js';`],
    ['    createAuditRoom(core),', '    createEchoRoom(core),'],
  ],
  'cli/rooms.ts': [
    [
      '];',
      `  { noun: 'echo', description: 'says it', load: async () => (await import('./echo/echo.js')).addEcho },`,
    ],
  ],
  'workflows/index.ts': [['export { disconnect }', `export { echo } from './echo/echo.js';`]],
  'platform/config/config.ts': [
    [`import { HUBSPOT_API,`, `import { echoSchema } from './echo.js';`],
    ['  ...outboxSchema,', '  ...echoSchema,'],
  ],
};

function addRoom(): void {
  mkdirSync(COPY, { recursive: true });
  cpSync(path.join(ROOT, 'src'), path.join(COPY, 'src'), { recursive: true });
  for (const name of ['migrations', 'package.json'])
    symlinkSync(path.join(ROOT, name), path.join(COPY, name));
  const extended = {
    extends: '../../tsconfig.json',
    compilerOptions: { incremental: false },
    include: ['src'],
  };
  writeFileSync(path.join(COPY, 'tsconfig.json'), JSON.stringify(extended));
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(COPY, 'src', file)), { recursive: true });
    writeFileSync(path.join(COPY, 'src', file), text);
  }
  for (const [file, lines] of Object.entries(LINES)) {
    let text = readFileSync(path.join(COPY, 'src', file), 'utf8');
    for (const [before, line] of lines) {
      if (!text.includes(`\n${before}`)) throw new Error(`${file} has no line that begins with ${before}`);
      text = text.replace(`\n${before}`, () => `\n${line}\n${before}`);
    }
    writeFileSync(path.join(COPY, 'src', file), text);
  }
}

describe('a room', () => {
  let database: TestDatabase;
  let temporal: Connection;
  const processes: ProcessHandle[] = [];
  beforeAll(async () => {
    addRoom();
    database = await createTestDatabase();
    temporal = await Connection.connect({ address: givenTemporalAddress() });
  }, 60_000);
  afterEach(() => Promise.all(processes.map((one) => one.stop())));
  afterAll(async () => {
    await temporal.close();
    await database.drop();
    rmSync(COPY, { recursive: true, force: true });
  });

  it('is added by its own files and a line in each list of rooms; nothing else of the product is touched', () => {
    const lists = ['api/rooms.ts', 'cli/rooms.ts', 'platform/config/config.ts', 'worker/rooms.ts'];
    expect(Object.keys(LINES).sort()).toEqual([...lists, 'workflows/index.ts']);
    for (const lines of Object.values(LINES)) {
      const entries = lines.filter(([, line]) => !line.startsWith('import '));
      expect(entries).toHaveLength(1);
    }
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', COPY], { encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  }, 120_000);

  it('runs through every floor: command line, API, Temporal, workflow, activity with its own setting', async () => {
    await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [WORKSPACE, 'ours']);
    const key = newApiKey('test');
    await storeApiKey(forWorkspace(database.pool, WORKSPACE), {
      ...{ workspaceId: WORKSPACE, name: 'echo', key, scopes: ['throttle:read'], createdBy: 'test' },
    });
    const env = {
      PORT: '0',
      METRICS_PORT: '0',
      API_METRICS_PORT: '0',
      DATABASE_URL: database.url.reveal(),
      TEMPORAL_ADDRESS: givenTemporalAddress(),
      TEMPORAL_TASK_QUEUE: `room-${randomUUID()}`,
      HUBSPOT_APP_ID: '1',
      HUBSPOT_CLIENT_ID: 'client',
      HUBSPOT_CLIENT_SECRET: 'secret',
      HUBSPOT_API_BASE_URL: 'http://127.0.0.1:1',
      ENCRYPTION_KEYS: `dev:${Buffer.alloc(32, 7).toString('base64')}`,
      ECHO_WORD: 'ho',
    };
    const start = (name: 'api' | 'worker') => {
      const script = path.relative(ROOT, path.join(COPY, `src/${name}/main.ts`));
      const one = createProcess({ name, script, env, log: path.join(COPY, `${name}.log`) });
      processes.push(one);
      one.start();
      return one;
    };
    const [api, worker] = [start('api'), start('worker')];
    await Promise.all([api.waitReady(), worker.waitReady()]);

    const id = randomUUID();
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', path.join(COPY, 'src/cli/main.ts'), 'echo', 'say', id],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, SLUICE_API_URL: api.url, SLUICE_API_KEY: key.reveal() },
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: `echo/${id}\n`, stderr: '' });
    const { workflow } = new Client({ connection: temporal });
    expect(await workflow.getHandle(`echo/${id}`).result()).toBe('ho ho');
  }, 180_000);
});
