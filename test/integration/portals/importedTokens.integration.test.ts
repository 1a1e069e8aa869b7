import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bringTokens, TokenTally } from '../../../src/cli/importedTokens.js';
import { openFormerGrants, type FormerGrants } from '../../../src/hubspot/tokens/formerGrants.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createKeyring } from '../../../src/secrets/keyring.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { testKey, testSealing } from '../../support/sealing.js';

const [OURS, THEIRS] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const key = randomBytes(32);
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

function seal(text: string): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64');
}

describe('the token of an earlier service', () => {
  let db: TestDatabase;
  /** What HubSpot was asked to refresh: each may end the token that it came with. */
  let refreshed: string[];
  let folder: string;
  let kept: FormerGrants;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'ours'), ($2, 'theirs')`, [
      OURS,
      THEIRS,
    ]);
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sluice-former-'));
    kept = await openFormerGrants(folder, createKeyring([testKey('test')]));
  });
  afterEach(() => rm(folder, { recursive: true }));
  afterAll(() => db.drop());

  async function bring(portalId: number, { maxPortals = 100, bring = true } = {}) {
    refreshed = [];
    const grant = {
      accessToken: new Secret('access'),
      refreshToken: new Secret('next'),
      expiresInMs: 1_800_000,
    };
    const tally = new TokenTally();
    await bringTokens(
      {
        ...{ pool: db.pool, sealing: testSealing(), workspaceId: OURS, bring, kept, logger },
        key: new Secret(key.toString('base64')),
        config: { PORTALS_PER_WORKSPACE: maxPortals, HUBSPOT_CLIENT_ID: 'app' },
        oauth: {
          refresh(asked) {
            refreshed.push(asked.refreshToken.reveal());
            return Promise.resolve({ ...grant, portalId: asked.portalId, scopes: [] });
          },
          introspect: () =>
            Promise.resolve({
              ...{ active: true, portalId, hubDomain: undefined, scopes: [], appId: 1, userId: 1 },
            }),
        },
      },
      [{ portal: String(portalId), refreshToken: seal('token') }],
      tally,
    );
    return tally.shown();
  }
  const portal = (portalId: number, workspaceId: string, state: string) =>
    db.admin.query('INSERT INTO portals (portal_id, workspace_id, state) VALUES ($1, $2, $3)', [
      ...[portalId, workspaceId, state],
    ]);

  it.each([true, false])(
    'is not spent for a portal that cannot be stored, and that is said already by a look (brought: %s)',
    async (brought) => {
      const from = brought ? 10 : 20;
      await portal(from + 1, THEIRS, 'reauth_required');
      await portal(from + 2, OURS, 'disconnecting');
      for (const [portalId, maxPortals, message] of [
        [from + 1, 100, 'belongs to another workspace here'],
        [from + 2, 100, 'is just being disconnected: bring it again in a few minutes'],
        [from + 3, 0, 'is one more than this workspace may have (PORTALS_PER_WORKSPACE)'],
      ] as const) {
        expect(await bring(portalId, { maxPortals, bring: brought })).toMatchObject({
          ...{ ready: 0, connected: 0, refused: [{ portal: String(portalId), message }] },
        });
        expect(refreshed).toEqual([]);
      }
    },
  );

  it('is stored by a later try where the database did not take it, and HubSpot is asked once', async () => {
    await db.admin.query(`
      CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('tries') < 3 THEN RAISE EXCEPTION 'read only' USING ERRCODE = '25006'; END IF;
        RETURN NEW;
      END $$;
      CREATE SEQUENCE tries;
      GRANT USAGE ON SEQUENCE tries TO PUBLIC;
      CREATE TRIGGER fail_twice BEFORE INSERT ON portals FOR EACH ROW EXECUTE FUNCTION fail_twice();`);
    expect(await bring(30)).toMatchObject({ connected: 1, refusedRows: 0 });
    expect(refreshed).toEqual(['token']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is on the disk before the database is asked, and the next run goes on from there', async () => {
    await db.admin.query(`
      CREATE FUNCTION fail_always() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no good value' USING ERRCODE = '22000'; END $$;
      CREATE TRIGGER fail_always BEFORE INSERT ON portals FOR EACH ROW EXECUTE FUNCTION fail_always();`);
    await expect(bring(40)).rejects.toThrow('no good value');
    expect(await readdir(folder)).toEqual(['40.former']);
    expect(await readFile(path.join(folder, '40.former'), 'utf8')).not.toContain('next');
    await db.admin.query('DROP TRIGGER fail_always ON portals');
    expect(await bring(40)).toMatchObject({ connected: 1, refusedRows: 0 });
    expect(refreshed).toEqual(['next']);
    expect(await readdir(folder)).toEqual([]);
  });
});
