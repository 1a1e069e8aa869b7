import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http, { createServer, type RequestListener, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSignedCalls } from '../../../src/api/http/signedCalls.js';
import { runCli } from '../../../src/cli/program.js';
import { durabilityCheck, serverCheck } from '../../../src/db/checks.js';
import { createPool, type Pool } from '../../../src/db/pool.js';
import { lookAtHubSpot } from '../../../src/hubspot/oauth/lookAtHubSpot.js';
import { createTransport } from '../../../src/hubspot/wire/transport.js';
import { createLogger } from '../../../src/platform/logger.js';
import { diskCheck, nodeCheck } from '../../../src/platform/machineChecks.js';
import { Secret } from '../../../src/platform/secret.js';
import { actionSecretsCheck, definitionsCheck } from '../../../src/services/definitions/definitionsCheck.js';
import { hubspotChecks } from '../../../src/services/hubspotChecks.js';
import { portalsCheck } from '../../../src/services/portals/portalsCheck.js';
import { certificateCheck, publicUrlCheck, signedCallCheck } from '../../../src/services/publicUrlChecks.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { makeCertificate, openHttps } from '../../support/doors.js';
import { seedLane } from '../../support/throttle.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const CLIENT_SECRET = 'a-secret-of-the-app';
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const wordsOf = (check: () => Promise<void>) =>
  check().then(
    () => 'well',
    (error: Error) => `${error.name}: ${error.message}`,
  );

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  return `http://localhost:${await listen(server)}`;
}

async function listen(server: Server | net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    if (server instanceof http.Server) server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

it('definitions that no process would start with are named, with the line to mend', async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-doctor-'));
  undo.push(() => rmSync(dir, { recursive: true }));
  expect(await wordsOf(definitionsCheck({ SLUICE_CONFIG: undefined }, dir))).toBe('well');
  const file = path.join(dir, 'sluice.config.mjs');
  writeFileSync(file, '\nexport default {};\n');
  expect(await wordsOf(definitionsCheck({ SLUICE_CONFIG: undefined }, dir))).toContain(
    'sluice.config.mjs:2: its default export is not made by defineConfig',
  );
  expect(await wordsOf(definitionsCheck({ SLUICE_CONFIG: 'none.ts' }, dir))).toContain(
    'ConfigError: SLUICE_CONFIG names ',
  );
});

it('secrets of actions that are missing are named, with the line of the definition that needs them', async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-doctor-'));
  undo.push(() => rmSync(dir, { recursive: true }));
  writeFileSync(
    path.join(dir, 'sluice.config.mjs'),
    `import { defineAction, defineConfig, z } from 'sluice';
const fields = { input: z.object({}), output: z.object({}), labels: { en: { actionName: 'Greet' } } };
const greet = defineAction({
  ...fields,
  name: 'greet',
  version: 1,
  secrets: ['GREETING_KEY'],
  run: () => ({}),
});
export default defineConfig({ actions: [greet] });\n`,
  );
  const look = (given: Readonly<Record<string, Secret | undefined>>) =>
    wordsOf(actionSecretsCheck({ SLUICE_CONFIG: undefined }, () => given, dir));
  expect(await look({ GREETING_KEY: new Secret('long-enough') })).toBe('well');
  expect(await look({})).toMatch(
    /^ConfigError: .*\n {2}sluice\.config\.mjs:7: the action greet needs GREETING_KEY, which is not set$/,
  );
  const short = await look({ GREETING_KEY: new Secret('short') });
  expect(short).toMatch(/GREETING_KEY, which has fewer than 8 characters$/);
});

describe('a machine', () => {
  it('with a Node that is too old is told which is needed', async () => {
    expect(await wordsOf(nodeCheck())).toBe('well');
    expect(await wordsOf(nodeCheck('20.18.3'))).toBe('Unable: This is Node 20.18.3, and >=20.19 is needed');
    expect(await wordsOf(nodeCheck('18.20.0'))).toContain('This is Node 18.20.0');
    expect(await wordsOf(nodeCheck('26.1.0'))).toBe('well');
  });

  it('whose disk is full is told of the folder', async () => {
    const room = (bavail: number) => () => Promise.resolve({ bavail, bsize: 4096 });
    expect(await wordsOf(diskCheck(['/data'], room(1024 ** 2)))).toBe('well');
    expect(await wordsOf(diskCheck(['/data'], room(51_200)))).toBe(
      'Unable: The disk of /data has 200 MB left',
    );
    expect(await wordsOf(diskCheck([path.join(os.tmpdir(), 'is-not-there')]))).toContain(
      'NotKnown: The disk of',
    );
  });
});

describe('a PUBLIC_URL', () => {
  const config = {
    ...{ NODE_ENV: 'development' as const, HUBSPOT_API_BASE_URL: 'https://api.hubapi.com' },
    PUBLIC_URL: 'https://sluice.example.com',
  };

  it('that HubSpot cannot call is named, and a stand-in for HubSpot may call this machine', async () => {
    const look = (more: object) => wordsOf(publicUrlCheck({ ...config, ...more }));
    expect(await look({ PUBLIC_URL: 'http://localhost:3000' })).toContain('is this machine');
    expect(await look({ PUBLIC_URL: 'http://sluice.example.com' })).toContain('is not https');
    expect(
      await look({ PUBLIC_URL: 'http://localhost:3000', HUBSPOT_API_BASE_URL: 'http://localhost:4000' }),
    ).toBe('well');
    // Of the names that are never there; where DNS does not answer at all, that is what is said.
    expect(await look({ PUBLIC_URL: 'https://nobody.invalid' })).toMatch(
      /^(Unable: DNS knows no address|NotKnown: The address) of nobody\.invalid/,
    );
  });

  it('whose certificate ends within two weeks, or that nobody has signed, is named', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-certificate-'));
    undo.push(() => rmSync(dir, { recursive: true }));
    const made = makeCertificate(dir);
    const door = await openHttps(made, () => '');
    undo.push(() => door.close());
    const ca = readFileSync(made.cert, 'utf8');
    expect(await wordsOf(certificateCheck({ PUBLIC_URL: door.url }, ca))).toMatch(
      /^Unable: The certificate of localhost ends in [12] days, on \d{4}-\d\d-\d\d$/,
    );
    expect(await wordsOf(certificateCheck({ PUBLIC_URL: door.url }))).toBe(
      'Unable: The certificate of localhost does not hold (DEPTH_ZERO_SELF_SIGNED_CERT)',
    );
    const days = makeCertificate(dir, 60);
    const lasting = await openHttps(days, () => '');
    undo.push(() => lasting.close());
    const long = readFileSync(days.cert, 'utf8');
    expect(await wordsOf(certificateCheck({ PUBLIC_URL: lasting.url }, long))).toBe('well');
    expect(await wordsOf(certificateCheck({ PUBLIC_URL: 'https://localhost:1' }))).toBe(
      'NotKnown: Nobody answers at localhost, port 1',
    );
  });
});

describe('a signed call', () => {
  let skewMs = 0;
  beforeEach(() => void (skewMs = 0));

  /** The API behind what `through` makes of a request, which is where PUBLIC_URL leads. */
  async function through(
    change: (sent: { url: string; body: string }) => { url?: string; body?: string },
    secret = CLIENT_SECRET,
  ) {
    const bodies: string[] = [];
    let publicUrl = '';
    const behind = await serve((request, response) => {
      const signed = createSignedCalls({
        config: {
          PUBLIC_URL_FORMS: [publicUrl],
          HUBSPOT_CLIENT_SECRET: [new Secret(secret)],
          TRUSTED_PROXIES: 0,
        },
        clock: { nowMs: () => Date.now() + skewMs, measure: () => Promise.resolve() },
        logger,
        routes: [
          {
            ...{ method: 'POST', path: '/api/integrations/hubspot/webhooks', maxBytes: 1000 },
            ...{ retryAfterUnit: 'milliseconds', signatures: ['v1'], answered: () => undefined },
            answer: ({ body }) => {
              bodies.push(body.toString());
              return Promise.resolve({ result: 'taken', status: 200, body: { taken: 0 } });
            },
          },
        ],
      });
      if (!signed(request, response)) response.writeHead(404).end();
    });
    publicUrl = await serve((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const sent = { url: request.url ?? '', body };
        const onward = { ...sent, ...change(sent) };
        const { 'content-length': _, ...headers } = request.headers;
        const to = http.request(
          behind + onward.url,
          { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(onward.body) } },
          (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
          },
        );
        to.end(onward.body);
      });
    });
    return { look: lookAt(publicUrl), bodies };
  }

  const lookAt = (PUBLIC_URL: string) => () =>
    wordsOf(
      signedCallCheck({
        ...{ PUBLIC_URL, HUBSPOT_CLIENT_SECRET: [new Secret(CLIENT_SECRET)] },
        clock: { nowMs: () => Date.now(), measure: () => Promise.resolve() },
      }),
    );

  it('that arrives as it was sent has no event in it', async () => {
    const { look, bodies } = await through(() => ({}));
    expect(await look()).toBe('well');
    expect(bodies.map((body) => JSON.parse(body) as unknown)).toEqual([[]]);
  });

  it.each([
    [
      'body',
      ({ body }: { body: string }) => ({ body: JSON.stringify(JSON.parse(body)) }),
      'with another body',
    ],
    [
      'query',
      ({ url }: { url: string }) => ({ url: decodeURI(url).replaceAll(' ', '+') }),
      'with another query',
    ],
    [
      'query and body',
      ({ url, body }: { url: string; body: string }) => ({
        url: url.replace('&empty=', ''),
        body: body.replace(/\s/g, ''),
      }),
      'with another query and another body',
    ],
    ['path', ({ url }: { url: string }) => ({ url: url.replace('?', '/?') }), 'is not Sluice'],
  ])('of which a proxy changes the %s is told so', async (_, change, words) => {
    const { look } = await through(change);
    expect(await look()).toContain(words);
  });

  it('is refused where the API has another secret, and late where its clock is wrong', async () => {
    const other = await through(() => ({}), 'another-secret');
    expect(await other.look()).toContain('the API has another PUBLIC_URL or HUBSPOT_CLIENT_SECRET');
    const late = await through(() => ({}));
    skewMs = 6 * 60_000;
    expect(await late.look()).toContain('NotKnown: A signed call to');
  });

  it('to an address that leads on, or where nobody is, is told so', async () => {
    const moved = await serve((_, response) =>
      response.writeHead(301, { location: 'https://x.example' }).end(),
    );
    expect(await lookAt(moved)()).toContain('sends callers on to https://x.example: HubSpot does not follow');
    expect(await lookAt('http://localhost:1')()).toBe(
      'NotKnown: Nobody answers a call to http://localhost:1',
    );
  });
});

describe('HubSpot', () => {
  const config = {
    HUBSPOT_CLIENT_ID: 'client',
    HUBSPOT_CLIENT_SECRET: [new Secret('old'), new Secret('new')],
    HUBSPOT_OAUTH_VERSION: '2026-03' as const,
  };
  const refusal = (status: string) => JSON.stringify({ status, message: 'no' });

  /** What each of the three checks says of a HubSpot that answers so. */
  async function look(answer: RequestListener | undefined, clockSkewMs = 0) {
    const transport = createTransport(answer ? await serve(answer) : 'http://localhost:1');
    undo.push(() => transport.close());
    const clock = { nowMs: () => Date.now() + clockSkewMs, measure: () => Promise.resolve() };
    const checks = hubspotChecks(() => lookAtHubSpot(transport, config), clock);
    return {
      reached: await wordsOf(checks.hubspot),
      clock: await wordsOf(checks.hubspotClock),
      client: await wordsOf(checks.oauthClient),
    };
  }
  const refuses =
    (code: string, status = 400): RequestListener =>
    (_, response) =>
      response.writeHead(status).end(refusal(code));

  it("that knows the app says that it does not know the token, which is nobody's", async () => {
    const asked: string[] = [];
    const found = await look((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => asked.push(`${request.url} ${text}`));
      request.on('end', () => refuses('BAD_REFRESH_TOKEN')(request, response));
    });
    expect(found).toEqual({ reached: 'well', clock: 'well', client: 'well' });
    // One question for the three, and no secret in an address.
    expect(asked).toEqual([expect.stringMatching(/^\/oauth\/2026-03\/token grant_type=refresh_token&/)]);
  });

  it('that knows one of two secrets knows the app, and is named where it knows none', async () => {
    const rotated = await look((request, response) => {
      let form = '';
      request.setEncoding('utf8').on('data', (text: string) => (form += text));
      request.on('end', () =>
        refuses(form.includes('client_secret=new') ? 'BAD_REFRESH_TOKEN' : 'BAD_CLIENT_SECRET')(
          request,
          response,
        ),
      );
    });
    expect(rotated.client).toBe('well');
    expect((await look(refuses('BAD_CLIENT_ID'))).client).toBe(
      'Unable: HubSpot does not know our app by its id and secret (BAD_CLIENT_ID)',
    );
    expect((await look(refuses('SOMETHING_ELSE', 503))).client).toContain('NotKnown: HubSpot does not say');
  });

  it('whose clock is another one, and that is not there, is named', async () => {
    const skewed = await look(refuses('BAD_REFRESH_TOKEN'), -90_000);
    expect(skewed.clock).toMatch(/^Unable: The clock by which signatures are judged is (89|9[01]) s behind/);
    const silent = await look((_, response) => {
      response.sendDate = false;
      response.writeHead(400).end(refusal('BAD_REFRESH_TOKEN'));
    });
    expect(silent.clock).toBe('NotKnown: HubSpot does not say what time it is');
    const away = await look(undefined);
    expect(away.reached).toBe('NotKnown: HubSpot could not be reached (network)');
    expect(away.client).toContain('NotKnown');
  });
});

describe('a database', () => {
  let db: TestDatabase;
  let owner: Pool;
  beforeEach(async () => {
    db = await createTestDatabase();
    owner = createPool(
      { DATABASE_URL: db.adminUrl, DATABASE_POOL_SIZE: 1 },
      { applicationName: 'test', logger, role: 'sluice_system' },
    );
    undo.push(
      () => db.drop(),
      () => owner.end(),
    );
  });

  it('that is old, or writes nothing to its disk before it answers, is named', async () => {
    expect(await wordsOf(serverCheck(db.pool))).toBe('well');
    const answers = (row: object) => ({ query: () => Promise.resolve({ rows: [row] }) }) as unknown as Pool;
    expect(await wordsOf(serverCheck(answers({ num: 150_004 })))).toContain('Unable: This is Postgres 15');
    // The tests' own server is fast since it does not.
    const { rows } = await db.pool.query<{ fsync: string }>('SHOW fsync');
    const words = 'Unable: fsync and full_page_writes of Postgres are off: what is committed may be lost';
    expect(await wordsOf(durabilityCheck(db.pool))).toBe(rows[0]?.fsync === 'off' ? words : 'well');
  });

  it('with portals that cannot be worked for is told of them by name, or in numbers without its owner', async () => {
    const look = (given: Pool | undefined) =>
      wordsOf(portalsCheck({ owner: given, pool: db.pool, errorShare: 0.05 }));
    await seedLane(db.admin, { portalId: 77, limit: 1, intervalMs: 1000 });
    expect([await look(owner), await look(undefined)]).toEqual(['well', 'well']);
    await db.admin.query(
      `UPDATE portals SET state = 'reauth_required', state_reason = 'BAD_REFRESH_TOKEN' WHERE portal_id = 77`,
    );
    expect(await look(owner)).toBe(
      'Unable: Portal 77 needs a new authorisation, and all of it waits: BAD_REFRESH_TOKEN',
    );
    expect(await look(undefined)).toBe('Unable: 1 portals need a new authorisation');
    await db.admin.query(`UPDATE portals SET state = 'active' WHERE portal_id = 77`);
    await db.admin.query(
      `INSERT INTO call_counts (portal_id, workspace_id, day, calls, errors)
       SELECT portal_id, workspace_id, (now() AT TIME ZONE time_zone)::date, 1000, 60 FROM portals WHERE portal_id = 77`,
    );
    expect(await look(owner)).toContain('Portal 77 has had 60 errors in 1000 calls today');
  });
});

describe('sluice doctor', () => {
  async function sluice(env: Record<string, string>, ...args: string[]) {
    const seen = { out: '', err: '' };
    const from = performance.now();
    const code = await runCli(['doctor', ...args], {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      ...{ env, cwd: os.tmpdir() },
    });
    return { code, ...seen, ms: performance.now() - from };
  }
  const env = {
    DATABASE_URL: 'postgresql://sluice:hidden-password@localhost:1/sluice',
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    ...{ HUBSPOT_APP_ID: '1', HUBSPOT_CLIENT_ID: 'client', HUBSPOT_CLIENT_SECRET: CLIENT_SECRET },
    ...{ HUBSPOT_API_BASE_URL: 'http://localhost:1', PUBLIC_URL: 'http://localhost:1' },
    TEMPORAL_ADDRESS: 'localhost:1',
  };

  it('names all that is wrong of the environment, and looks at nothing that it cannot reach then', async () => {
    const { code, out } = await sluice({ ...env, DATABASE_URL: '', HUBSPOT_APP_ID: 'x' });
    expect(code).toBe(1);
    expect(out).toMatch(/^✗ environment +The environment cannot be used:\n +DATABASE_URL: is not set/);
    expect(out).toContain('HUBSPOT_APP_ID');
    expect(out).toMatch(/→ Set what it names/);
  });

  it('says what is away, by whose word, and of what hangs on it no more than that it was not looked at', async () => {
    const { code, out } = await sluice(env, '--json');
    expect(code).toBe(1);
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Record<string, unknown>[] };
    expect(ok).toBe(false);
    const of = (id: string) => checks.find((one) => one['id'] === id);
    expect(of('database')).toMatchObject({ ok: false, because: expect.stringContaining('ECONNREFUSED') });
    expect(of('migrations')).toMatchObject({ ok: null, after: 'database' });
    expect(of('taskQueues')).toMatchObject({ ok: null, after: 'temporal' });
    expect(of('hubspot')).toMatchObject({ ok: false, problem: 'HubSpot could not be reached (network)' });
    expect(of('signedCall')).toMatchObject({ ok: false, mend: expect.stringContaining('PUBLIC_URL') });
    expect(of('node')).toEqual({ id: 'node', what: expect.anything(), ok: true, ms: expect.anything() });
    for (const secret of ['hidden-password', CLIENT_SECRET, env.ENCRYPTION_KEYS])
      expect(out).not.toContain(secret);
  });

  it('waits for nothing that hangs longer than its time, and looks at all else meanwhile', async () => {
    const held: net.Socket[] = [];
    const silent = net.createServer((socket) => void held.push(socket));
    const port = await listen(silent);
    undo.push(() => held.forEach((socket) => socket.destroy()));
    const at = `localhost:${port}`;
    const { out, ms } = await sluice({
      ...{ ...env, DATABASE_URL: `postgresql://sluice@${at}/sluice`, TEMPORAL_ADDRESS: at },
      ...{ HUBSPOT_API_BASE_URL: `http://${at}`, PUBLIC_URL: `http://${at}` },
    });
    expect(out).toMatch(/^✗ database /m);
    expect(out).toMatch(/^✗ temporal /m);
    expect(out).toMatch(/^✗ signedCall /m);
    expect(out).toMatch(/^✓ node /m);
    expect(ms).toBeLessThan(10_000);
  }, 30_000);
});
