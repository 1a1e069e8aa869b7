import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { runMainJob } from '../../scripts/lib/mainJob.mjs';
import { createProgress } from '../../scripts/lib/progress.mjs';
import { findTemporalCli } from '../../scripts/lib/temporalCli.mjs';
import { runCli } from '../../src/cli/program.js';
import { fencedBlocks, type FencedBlock } from '../support/fencedBlocks.js';
import { ROOT } from '../support/process.js';
import { startStack, type Stack } from '../support/stack.js';
import { until } from '../support/until.js';
import { documents } from '../unit/docs/documents.js';

/*
 * The examples of the documents, run as they stand on a service with what `npm start` leaves: its portal, its lane and
 * its 300 executions, in a database that was empty. Those of docs/api.md and of the way to production have tests of
 * their own.
 */

const PORTAL = 41_000_001; // that of the first `npm start`
const DIR = path.join(ROOT, '.sluice', `documents-${process.pid}`);
const blocks = documents().flatMap(({ file }) => fencedBlocks(file));
const of = (info: string, file?: string): FencedBlock[] =>
  blocks.filter(
    (block) =>
      block.info.join(' ') === info &&
      block.notRun === undefined &&
      (file === undefined || block.file === file),
  );

let stack: Stack;
let temporal: string;

beforeAll(async () => {
  mkdirSync(DIR, { recursive: true });
  const env = { HUBSPOT_SEND_LIVE: 'true', HUBSPOT_PORTAL_ID: String(PORTAL) };
  [stack, temporal] = await Promise.all([startStack({ env }), findTemporalCli().then(({ file }) => file)]);
  // The job of `npm start`, as fast as it goes.
  await runMainJob({
    ...{ sandboxUrl: stack.sandboxProcess.url, apiUrl: stack.apis[0]!.url },
    publicUrl: new URL(stack.actionUrl()).origin,
    ...{ apiKey: stack.secrets.apiKey, portalId: PORTAL, workflowId: 1_795_561_585 },
    progress: createProgress({ tty: false }),
    job: { count: 300, limit: 300, windowMs: 1000 },
  });
}, 180_000);
afterAll(async () => {
  await stack?.stop();
  rmSync(DIR, { recursive: true, force: true });
}, 30_000);

async function shell(command: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const child = spawn('bash', ['-c', command], { cwd: ROOT, env: { ...process.env, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`"${command}" ended with ${String(code)}: ${said}`);
  return said;
}

/** A command of ours, in this process. */
async function sluice(words: string): Promise<{ code: number; out: string; err: string }> {
  const args = (words.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^["']|["']$/g, ''));
  let [out, err] = ['', ''];
  const env = {
    ...{ SLUICE_API_URL: stack.apis[0]!.url, SLUICE_API_KEY: stack.secrets.apiKey },
    // What stands beside the service has its environment.
    ...{ ...stack.env, DATABASE_ADMIN_URL: stack.databaseAdminUrl },
    PUBLIC_URL: new URL(stack.actionUrl()).origin,
  };
  const code = await runCli(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    env,
    cwd: DIR,
  });
  return { code, out, err };
}

describe('every block of a document', () => {
  it('is of a kind that is tested, or says why it is not run here', () => {
    // What each kind is, and who runs it.
    const tested = [
      'sh',
      'sh follow',
      'sql',
      'sql follow',
      'ts',
      'js',
      'json',
      'http',
      'console',
      'text',
      'mermaid',
    ];
    const unknown = blocks.filter(
      ({ info, file }) => !tested.includes(info.join(' ')) && file !== 'docs/api.md',
    );
    expect(unknown.map(({ at }) => at)).toEqual([]);
    const left = blocks.filter(({ notRun }) => notRun !== undefined);
    expect(left.map(({ file, heading, notRun }) => `${file}, ${heading}: ${notRun}`)).toEqual([
      'README.md, Quick start: it takes a minute, and then the ports of this machine',
      'docs/actions.md, Declaring one: a file of a project',
      'docs/actions.md, Answering inline: a field of an action',
      'docs/actions.md, Lanes: a part of an action',
      'docs/actions.md, Drop-downs: a field of an action',
      'docs/actions.md, Settings of portals: a part of an action',
      'docs/actions.md, Settings of portals: it needs a project with the action',
      'docs/actions.md, Trying one: it needs a project with the action',
      'docs/api.md, SQL: the login is made on the database',
      'docs/benchmarks.md, Benchmarks: it measures',
      'docs/coming-from.md, What a throttle has left: it reads the database of an earlier service',
      'docs/connecting.md, 10. Webhooks: it needs a developer account of HubSpot',
      'docs/definitions.md, Definitions of your own: three files of a project',
      'docs/definitions.md, A project of your own: it needs a package, which test/e2e/package.e2e.test.ts makes and does this with',
      'docs/definitions.md, Handlers of changes: two files of a project',
      'docs/operations.md, Deploying: it needs Docker',
      'docs/operations.md, Deploying: it needs Docker',
      'docs/operations.md, Deploying: the same steps as in connecting.md',
      'docs/operations.md, Deploying: the same as in connecting.md',
      'docs/operations.md, What to look at first: it shows what the moment brings',
      'docs/operations.md, The feed waits for a transaction: it shows what the moment brings',
      'docs/outbox.md, Coming from a polling outbox: it reads the database of an earlier service',
      'docs/privacy.md, Show all that is stored of one: it names a record of an example',
      'docs/privacy.md, Erase one: it names a record of an example',
      'docs/testing.md, Testing: it would run itself',
      'docs/testing.md, Faults: they have servers of their own',
      'docs/testing.md, Crash points: they have servers of their own',
      'docs/testing.md, Soak: it takes minutes',
    ]);
  });
});

describe('an example that is run', () => {
  it('as a command in README.md ends well, with the ids that are printed', async () => {
    const commands = [
      ...readFileSync(path.join(ROOT, 'README.md'), 'utf8').matchAll(/^\| `npx sluice .*?\|/gm),
    ].flatMap(([row]) => [...row.matchAll(/`npx sluice ([^`]+)`/g)].map(([, words = '']) => words));
    expect(commands.length).toBeGreaterThan(5);
    for (const words of commands)
      expect({ words, ...(await sluice(words)) }).toMatchObject({ words, code: 0 });
  });

  it('as shell is understood by the programs that it names', async () => {
    // What differs for this machine.
    const values: [string, string][] = [
      ['temporal workflow', `'${temporal}' workflow`],
      ['throttle/41000002/ap-41000002-100456363381-1-0', await aWorkflow()],
    ];
    const body = JSON.stringify({ callbackId: `ap-${PORTAL}-9-9-0`, origin: { portalId: PORTAL } });
    const env = {
      ...{ TEMPORAL_ADDRESS: stack.env.TEMPORAL_ADDRESS!, TEMPORAL_NAMESPACE: stack.env.TEMPORAL_NAMESPACE! },
      ...{ HUBSPOT_CLIENT_SECRET: stack.secrets.clientSecret, BODY: body },
      PUBLIC_URL: new URL(stack.actionUrl()).origin,
    };
    const byHand = of('sh').filter(
      ({ file, text }) => !(file === 'docs/connecting.md' && text.includes('operator')),
    );
    expect(byHand.length).toBeGreaterThan(1);
    for (const { text } of byHand) {
      const said = await shell(
        values.reduce((words, [shown, own]) => words.replaceAll(shown, own), `set -e\n${text}`),
        env,
      );
      if (text.includes('signature')) expect(said).toContain('hs_execution_state');
    }
  });

  it('as SQL is read by a login that may only monitor', async () => {
    const found = of('sql');
    expect(found.length).toBeGreaterThanOrEqual(3);
    const client = new pg.Client({ connectionString: stack.databaseAdminUrl });
    await client.connect();
    try {
      await client.query('SET ROLE sluice_monitor');
      for (const { text } of found) await client.query(text);
    } finally {
      await client.end();
    }
  });

  it('as a mapping is set, and maps the payload that stands beside it', async () => {
    const [mapping, data] = of('json', 'docs/outbox.md');
    writeFileSync(path.join(DIR, 'invoice_paid.json'), mapping!.text);
    writeFileSync(path.join(DIR, 'data.json'), data!.text);
    const page = readFileSync(path.join(ROOT, 'docs/outbox.md'), 'utf8');
    for (const verb of ['mappings', 'preview']) {
      const [, words = ''] =
        new RegExp(`\`npx sluice (outbox ${verb} invoice_paid [^\`]+)\``).exec(page) ?? [];
      const at = process.cwd();
      process.chdir(DIR); // the files are named as they stand beside the reader
      try {
        expect({ words, ...(await sluice(words)) }).toMatchObject({ words, code: 0 });
      } finally {
        process.chdir(at);
      }
    }
  });

  it('as JavaScript tells a genuine notice from a forged one', async () => {
    const [block] = of('js');
    writeFileSync(path.join(DIR, 'notice.mjs'), block!.text);
    const { isGenuine } = (await import(path.join(DIR, 'notice.mjs'))) as {
      isGenuine: (secret: string, signature: string, body: string) => boolean;
    };
    const t = Math.floor(Date.now() / 1000);
    const mac = createHmac('sha256', 'whsec').update(`${t}.{}`).digest('hex');
    expect(isGenuine('whsec', `t=${t},v1=${mac}`, '{}')).toBe(true);
    expect(isGenuine('other', `t=${t},v1=${mac}`, '{}')).toBe(false);
  });

  it('as TypeScript compiles and runs: events that it captures are delivered', async () => {
    const before = `import pg from 'pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
const client = new pg.Client(process.env.APPLICATION_URL);
await client.connect();
await client.query('CREATE TABLE IF NOT EXISTS drivers (id text, email text)');
const drivers = pgTable('drivers', { id: text(), email: text() });
const db = drizzle(client);
const [config, logger, id, email] = [{ hubspotEnabled: true }, console, 'd-docs', 'docs@example.com'];
`;
    const found = of('ts');
    expect(found.length).toBe(3);
    for (const [n, { text }] of found.entries()) {
      const needs = text.includes('client.query');
      writeFileSync(
        path.join(DIR, `example${n}.ts`),
        needs
          ? `${before}${text}\nawait client.end();\n`
          : text.replace('http://localhost:3000', stack.apis[0]!.url),
      );
    }
    writeFileSync(
      path.join(DIR, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: {
          ...{ noEmit: true, noUnusedLocals: false },
          paths: {
            'sluice/outbox': ['../../src/sdk/outbox/outbox.ts'],
            'sluice/client': ['../../src/sdk/client/client.ts'],
          },
        },
        include: ['*.ts'],
      }),
    );
    const env = {
      APPLICATION_URL: stack.databaseAdminUrl,
      TSX_TSCONFIG_PATH: path.join(DIR, 'tsconfig.json'),
      SLUICE_API_KEY: stack.secrets.apiKey,
    };
    await Promise.all([
      shell(`npx tsc -p '${DIR}'`),
      ...found.map((_, n) => shell(`node --import tsx '${path.join(DIR, `example${n}.ts`)}'`, env)),
    ]);
    const states = async () => {
      const path = '/api/events?type=driver_signed_up';
      const { items } = await stack.api.must<{ items: { orderingKey: string; state: string }[] }>(
        'GET',
        path,
      );
      return items.filter(({ orderingKey }) => orderingKey === 'd-docs').map(({ state }) => state);
    };
    await until(
      'both are delivered',
      async () => (await states()).join() === 'processed,processed',
      30_000,
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}; they are: ${(await states()).join()}`, { cause: error });
    });
  }, 120_000);

  it('with its output says what is said: the fields of readiness, the columns of a list', async () => {
    const console = of('console');
    for (const { text } of console) {
      const [first = '', ...output] = text.split('\n');
      const command = first.replace(/^\$ /, '');
      if (command.startsWith('npx sluice')) {
        const { out } = await sluice(command.replace('npx sluice ', ''));
        expect(out.split('\n')[0]!.split(/ {2,}/)).toEqual(output[0]!.split(/ {2,}/));
      } else if (command.startsWith('curl')) {
        const said = await shell(command.replace('localhost:3000', new URL(stack.apis[0]!.url).host));
        const [shown, real] = [output.join('\n'), said].map(
          (one) => JSON.parse(one) as { checks: Record<string, object> },
        );
        expect(Object.keys(real!.checks)).toEqual(expect.arrayContaining(Object.keys(shown!.checks)));
      } else {
        // `npm run setup`, which the way to production runs: its words.
        const source = readFileSync(path.join(ROOT, 'src/cli/setup.ts'), 'utf8');
        for (const line of output) expect(source).toContain(line.split(/ {2}/)[0]!.split('slc_')[0]!.trim());
      }
    }
    expect(console.length).toBeGreaterThanOrEqual(3);
  });

  // The last one: it disturbs HubSpot for all.
  it('as a call of the sandbox is taken by it, in the order of the page', async () => {
    const refused: string[] = [];
    for (const block of of('http')) {
      for (const line of block.text.split('\n')) {
        const [, method = '', route = '', body] = /^(\S+) +(\S+)(?: +(\{.*\}))?/.exec(line) ?? [];
        // Where it leads is only known here.
        const sent = body
          ?.replace('…/oauth/authorize?client_id=…', authorizeUrl())
          .replace('…/callback', callbackUrl());
        const answer = await fetch(stack.sandboxProcess.url + route, {
          method,
          ...(sent !== undefined && { body: sent }),
        });
        if (!answer.ok) refused.push(`${block.at}: ${line} (${answer.status} ${await answer.text()})`);
      }
    }
    expect(refused).toEqual([]);
  });
});

async function aWorkflow(): Promise<string> {
  const { workflowId } = await stack.api.must<{ workflowId: string }>('GET', '/api/executions/300');
  return workflowId;
}

const callbackUrl = () => `${new URL(stack.actionUrl()).origin}/api/integrations/hubspot/callback`;

function authorizeUrl(): string {
  const url = new URL(`${stack.sandboxProcess.url}/oauth/authorize`);
  for (const [name, value] of Object.entries({
    ...{ client_id: stack.env.HUBSPOT_CLIENT_ID!, redirect_uri: callbackUrl() },
    ...{ scope: 'oauth', state: 'a-state' },
  }))
    url.searchParams.set(name, value);
  return url.href;
}
