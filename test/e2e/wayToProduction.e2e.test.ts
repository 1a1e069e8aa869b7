import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { findTemporalCli } from '../../scripts/lib/temporalCli.mjs';
import { Browser } from '../integration/portals/harness.js';
import { copyCheckout } from '../support/checkoutCopy.js';
import { startForeignPostgres, type ForeignPostgres } from '../support/debianPostgres.js';
import { makeCertificate, openHttps, openWithheldTemporal, type Door } from '../support/doors.js';
import { commandsOf, fencedBlocks, type FencedBlock } from '../support/fencedBlocks.js';
import { createProcess, type ProcessHandle } from '../support/process.js';
import { createReader, type Ran } from '../support/reader.js';
import { createSandboxClient, type SandboxClient } from '../support/sandboxClient.js';
import { freePort } from '../support/stack.js';
import { until } from '../support/until.js';

/*
 * docs/connecting.md, typed as it stands: its blocks that are marked `follow`, in their order, and what its table of
 * variables asks for. What differs is here: the reader's own values, the sandbox in HubSpot's place, and free ports.
 * On the way each thing that is easily left out is left out once.
 */

const PAGE = 'docs/connecting.md';
const PORTAL = 41_000_009; // by an install
const OTHER_PORTAL = 62_515; // by a private app's token, as the page has it
const APP = { id: '4711', clientId: 'own-client', clientSecret: 'own-client-secret-of-32-characters' };
const PASSWORD = 'chosen-by-the-reader';

const blocks = fencedBlocks(PAGE);
const steps = blocks.filter(({ info }) => info.includes('follow'));

let postgres: ForeignPostgres;
let copy: ReturnType<typeof copyCheckout>;
let reader: ReturnType<typeof createReader>;
let sandboxProcess: ProcessHandle;
let sandbox: SandboxClient;
const doors: Door[] = [];
/** What the reader has of their own, and learns on the way. */
const own = {
  api: '',
  temporal: '',
  apiKey: '',
  ports: { api: 0, apiMetrics: 0, worker: 0, temporal: 0 },
  cli: '',
};
let publicUrl: string;
let namespace = 'default';

beforeAll(async () => {
  postgres = await startForeignPostgres();
  copy = copyCheckout('road');
  own.cli = (await findTemporalCli()).file;
  for (const name of ['api', 'apiMetrics', 'worker', 'temporal'] as const) own.ports[name] = await freePort();
  own.api = `http://127.0.0.1:${own.ports.api}`;
  own.temporal = `127.0.0.1:${own.ports.temporal}`;
  const tls = path.join(copy.dir, '.sluice/tls');
  mkdirSync(tls);
  const certificate = makeCertificate(tls);
  const [api, hubspot] = [
    await openHttps(certificate, () => own.api),
    await openHttps(certificate, () => sandboxProcess.url),
  ];
  doors.push(api, hubspot);
  publicUrl = api.url;
  const trust = { NODE_EXTRA_CA_CERTS: certificate.cert };
  reader = createReader({
    dir: copy.dir,
    env: { ...trust, CURL_CA_BUNDLE: certificate.cert },
    values: [
      ['https://sluice.example.com', () => publicUrl],
      ['slc_live_…', () => own.apiKey],
      ['localhost:9464', () => `localhost:${own.ports.worker}`],
      // The packages are linked; to install them anew would empty the folder that all tests share.
      ['npm ci', () => 'test -d node_modules'],
      [
        'temporal server start-dev',
        () => `'${own.cli}' server start-dev --headless --port ${own.ports.temporal} --namespace held`,
      ],
      ['temporal operator', () => `'${own.cli}' operator --address ${own.temporal}`],
      ['--namespace default', () => `--namespace ${namespace}`],
    ],
  });
  sandboxProcess = createProcess({
    ...{ name: 'sandbox', script: 'sandbox/main.ts', log: path.join(copy.dir, 'sandbox.log') },
    env: {
      ...{ ...trust, SANDBOX_PORT: '0', SANDBOX_APP_ID: APP.id, SANDBOX_CLIENT_ID: APP.clientId },
      SANDBOX_CLIENT_SECRET: APP.clientSecret,
      SANDBOX_REDIRECT_URI: `${publicUrl}/api/integrations/hubspot/callback`,
    },
  });
  sandboxProcess.start();
  await sandboxProcess.waitReady();
  sandbox = createSandboxClient(() => sandboxProcess.url);
  process.stderr.write(`The way to production runs on ${postgres.version}\n`);
}, 120_000);
afterAll(async () => {
  await reader.end();
  await sandboxProcess.stop();
  for (const door of doors) await door.close();
  await postgres.stop();
  copy.remove();
}, 60_000);

/** The steps of a section of the page. */
function stepsOf(heading: string): FencedBlock[] {
  const found = steps.filter((block) => block.heading.includes(heading));
  if (found.length === 0) throw new Error(`${PAGE} has no step under "${heading}"`);
  return found;
}

async function follow(heading: string): Promise<Ran[]> {
  const ran: Ran[] = [];
  for (const block of stepsOf(heading))
    for (const command of commandsOf(block.text)) ran.push(await typed(command, block.at));
  return ran;
}

/** Types a command that is to end well, or to stay. */
async function typed(command: string, at = PAGE): Promise<Ran> {
  const ran = await reader.type(command);
  if (ran.code !== undefined && ran.code !== 0)
    throw new Error(`${at}: "${ran.command}" ended with ${ran.code}:\n${ran.all}`);
  return ran;
}

async function asSuperuser(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.superuserUrl });
  await client.connect();
  try {
    // One by one: CREATE DATABASE stands alone.
    for (const statement of text.split(/;\s*$/m).filter((one) => one.trim() !== ''))
      await client.query(statement);
  } finally {
    await client.end();
  }
}

function login(name: string, database = 'sluice'): string {
  const url = new URL(postgres.superuserUrl);
  [url.username, url.password, url.pathname] = [name, PASSWORD, `/${database}`];
  return url.href;
}

/** The variables that the page's table asks for. */
function asked(): string[] {
  const section =
    /^## 5\. [^]*?(?=^## 6\.)/m.exec(readFileSync(path.join(copy.dir, PAGE), 'utf8'))?.[0] ?? '';
  const cells = [...section.matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name));
}

/** What the reader fills in for each; nothing for what is left out. */
async function values(): Promise<Record<string, string>> {
  const [, makeKey = ''] = /`(echo "k1:[^`]+)`/.exec(readFileSync(path.join(copy.dir, PAGE), 'utf8')) ?? [];
  return {
    NODE_ENV: 'production',
    PUBLIC_URL: publicUrl,
    DATABASE_URL: login('sluice'),
    DATABASE_WORKER_URL: login('sluice_worker'),
    DATABASE_ADMIN_URL: login('sluice_owner'),
    TEMPORAL_ADDRESS: own.temporal,
    TEMPORAL_NAMESPACE: 'default',
    HUBSPOT_APP_ID: APP.id,
    HUBSPOT_CLIENT_ID: APP.clientId,
    HUBSPOT_CLIENT_SECRET: APP.clientSecret,
    ENCRYPTION_KEYS: (await typed(makeKey)).out.trim(),
    TOKEN_JOURNAL_DIR: path.join(copy.dir, 'journal'),
    HUBSPOT_ENABLED: 'true',
    HUBSPOT_SEND_LIVE: 'true',
  };
}

/** Writes into `.env` what the page asks for, and what is this test's own. */
function fillIn(filled: Readonly<Record<string, string>>): void {
  const file = path.join(copy.dir, '.env');
  let text = readFileSync(path.join(copy.dir, '.env.example'), 'utf8');
  const all = {
    ...filled,
    // Not the reader's: the sandbox in HubSpot's place, and ports that are free.
    ...{ HUBSPOT_API_BASE_URL: doors[1]!.url, PORT: String(own.ports.api) },
    ...{ METRICS_PORT: String(own.ports.worker), API_METRICS_PORT: String(own.ports.apiMetrics) },
  };
  for (const [name, value] of Object.entries(all)) {
    const line = new RegExp(`^(# )?${name}=.*$`, 'm');
    if (!line.test(text)) throw new Error(`.env.example does not show ${name}`);
    text = text.replace(line, `${name}=${value}`);
  }
  writeFileSync(file, text);
}

const without = (all: Readonly<Record<string, string>>, ...names: string[]) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));

describe('the way to production', () => {
  let filled: Record<string, string>;

  it('asks for values that are listed here, each of which .env.example shows', async () => {
    await typed(commandsOf(stepsOf('5. The environment')[0]!.text)[0]!);
    filled = await values();
    expect(asked()).toEqual(Object.keys(filled));
    fillIn(filled);
  });

  it('begins with three logins, of which the owner is no superuser; one who may not make roles is told the statement', async () => {
    const [{ text }] = stepsOf('3. Postgres') as [FencedBlock];
    await asSuperuser(text.replaceAll("'…'", `'${PASSWORD}'`));
    await asSuperuser(`CREATE ROLE poor LOGIN PASSWORD '${PASSWORD}';\nCREATE DATABASE poor OWNER poor;`);
    fillIn({ ...filled, DATABASE_ADMIN_URL: login('poor', 'poor'), DATABASE_URL: login('sluice', 'poor') });
    const refused = await reader.type('npm run setup');
    expect(refused.code).toBe(1);
    expect(refused.all).toMatch(
      /^The login poor of .* may not make roles, .*: ALTER ROLE poor CREATEROLE\. /m,
    );
    expect(refused.all).not.toMatch(/^\s+at /m);
  });

  it('with Temporal not there yet is told so; where search attributes may not be made there, by setup and by the worker, with the command', async () => {
    fillIn(filled);
    const early = await typed('npm run setup');
    expect(early.all).toMatch(
      /^The search attributes of the namespace "default" .* Run this again when it answers/m,
    );

    await follow('4. Temporal');
    namespace = 'held';
    const withheld = await openWithheldTemporal(own.temporal);
    doors.push(withheld);
    fillIn({ ...filled, TEMPORAL_ADDRESS: withheld.url, TEMPORAL_NAMESPACE: namespace });
    const told = await typed('npm run setup');
    expect(told.all).toMatch(/temporal operator search-attribute create .*--name/);
    const refused = await reader.type('npm run worker');
    expect(refused.code).toBe(1);
    expect(refused.all).toMatch(
      /^Refusing to start in production: .*lacks .*PortalId.*temporal operator search-attribute create/m,
    );

    const [byHand] = blocks.filter(({ text }) => text.includes('temporal operator search-attribute create'));
    for (const command of commandsOf(byHand!.text)) await typed(command, byHand!.at);
    expect((await typed('npm run setup')).all).not.toContain('search-attribute');
    namespace = 'default';
  });

  it('with one login ends at the start of each process, in a line that says what to do', async () => {
    const one = {
      ...without(filled, 'DATABASE_ADMIN_URL', 'DATABASE_WORKER_URL'),
      DATABASE_URL: login('sluice_owner'),
    };
    fillIn(one);
    const setUp = await typed('npm run setup');
    expect(setUp.all).toMatch(/^Made the search attributes PortalId, Lane, CallbackId, ExecutionState/m);
    for (const script of ['api', 'worker']) {
      const refused = await reader.type(`npm run ${script}`);
      expect(refused.code).toBe(1);
      expect(refused.all).toMatch(
        /^Refusing to start in production: The login of DATABASE_URL owns tables.* DATABASE_ADMIN_URL the owner/m,
      );
      expect(refused.out).not.toContain('"ready":true');
    }
  });

  it('reaches a ready service, which says that no portal is connected yet', async () => {
    fillIn(filled);
    const ran = await follow('6. Start');
    const all = ran.map((one) => one.all).join('\n');
    const setUp = ran.find(({ command }) => command === 'npm run setup')!;
    own.apiKey = /^API key {4}(slc_live_\S+)$/m.exec(setUp.out)![1]!;
    expect(all).not.toContain('Refusing');
    const [api, worker] = ran.filter(({ command }) => command.startsWith('curl'));
    expect(JSON.parse(api!.out)).toMatchObject({ status: 'ready' });
    expect(JSON.parse(worker!.out)).toMatchObject({
      status: 'degraded',
      checks: { sending: { ok: false, mend: expect.stringContaining('npx sluice portals connect') } },
    });
  });

  it('connects portals by an install and by a token, with which both processes are ready', async () => {
    await sandbox.createPortal(PORTAL, 'Acme');
    await sandbox.createPortal(OTHER_PORTAL, 'Acme');
    writeFileSync(path.join(copy.dir, 'token.txt'), (await sandbox.install(OTHER_PORTAL)).accessToken);
    const ran = await follow('7. Install the app');
    const link = new RegExp(`${publicUrl}/\\S+`).exec(ran.map(({ out }) => out).join('\n'))?.[0] ?? '';
    // The browser of this test does not know the certificate: it goes past the proxy that adds https.
    const past = (url = '') => url.replace(publicUrl, own.api);
    const browser = new Browser();
    const opened = await browser.begin(past(link));
    const { location } = await sandbox.authorize(PORTAL, opened.location ?? '');
    const ended = await browser.get(past(location), { accept: 'application/json' });
    expect(JSON.parse(ended.text)).toMatchObject({ installed: true, portalId: PORTAL });
    await until(
      'the worker is ready',
      async () => {
        const { out } = await typed('curl -s localhost:9464/readyz');
        return (JSON.parse(out) as { status: string }).status === 'ready';
      },
      40_000,
    );
  });

  it('releases a signed call at the rate of its step, and takes an event to HubSpot and back', async () => {
    const { actionUrl } = JSON.parse(readFileSync(path.join(copy.dir, 'docs/action.json'), 'utf8')) as {
      actionUrl: string;
    };
    const { actionDefinitionId } = await sandbox.addAction(PORTAL, {
      actionUrl: reader.inOwnWords(actionUrl),
    });
    const { workflowId } = await sandbox.addWorkflow(PORTAL, {
      steps: [{ actionDefinitionId, inputFields: { max_throughput: '1', time: '1', period: 'seconds' } }],
    });
    const { batchId } = await sandbox.enrol(PORTAL, workflowId, { count: 3 });
    await until(
      'all are released',
      async () => (await sandbox.enrolments({ batchId })).byState.completed === 3,
      60_000,
    );
    const lane = (await sandbox.report({ windowMs: 1000, workflowId })).lanes;
    expect(lane).toMatchObject([{ completed: 3, maxInWindow: 1 }]);
    const ran = await follow('8. Use it');
    const said = ran.map(({ out }) => out).join('\n');
    expect(said).toMatch(/ 1\/1s /);
    expect(said).toContain('✓ An event came through');
  });

  it('without HUBSPOT_SEND_LIVE says so at the start of the worker, and in the smoke test', async () => {
    await reader.end('npm run worker');
    fillIn(without(filled, 'HUBSPOT_SEND_LIVE'));
    const worker = await typed('npm run worker');
    expect(worker.all).toMatch(/dry run \(HUBSPOT_SEND_LIVE=false\)/);
    expect((await typed('npm run smoke')).out).toContain('HUBSPOT_SEND_LIVE=true sends');
  });

  it('needed each of the values of this test, and followed every step', () => {
    expect(reader.unused()).toEqual([]);
    const sections = ['3.', '4.', '5.', '6.', '7.', '8.'];
    expect(steps.filter(({ heading }) => !sections.some((one) => heading.startsWith(one)))).toEqual([]);
  });
});
