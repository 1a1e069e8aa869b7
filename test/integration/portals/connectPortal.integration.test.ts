import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectPortal } from '../../../src/db/portals/connectPortal.js';
import { accessTokenContext } from '../../../src/secrets/encryptionContext.js';
import { auditedTransaction } from '../../../src/db/audit/auditedTransaction.js';
import { testSealing } from '../../support/sealing.js';
import { plainTokens } from '../../support/tokens.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const [OURS, THEIRS] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const sealing = testSealing();

describe('portals', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'ours'), ($2, 'theirs')`, [
      OURS,
      THEIRS,
    ]);
  });
  afterAll(() => db.drop());

  const connect = async (
    portalId: number,
    changes: {
      workspaceId?: string;
      token?: string;
      name?: string;
      timeZone?: string;
      expiresInMs?: number;
    } = {},
  ) => {
    const { workspaceId = OURS, token = 'token', ...rest } = changes;
    const accessTokenSealed = await sealing.seal(token, accessTokenContext(workspaceId, portalId));
    const connection = {
      workspaceId,
      portalId,
      auth: 'private_app',
      accessTokenSealed,
      verified: true,
      ...rest,
    } as const;
    const result = await auditedTransaction(db.pool, { workspaceId, actor: 'test' }, (client, note) =>
      connectPortal(client, note, connection, { maxPortals: 1000 }),
    );
    return result.kind === 'connected' ? result.portal : result.kind;
  };

  it('are stored with their token, which only the holder of the key can read', async () => {
    expect(await connect(1, { token: 'canary-1', name: 'Acme', timeZone: 'Europe/Berlin' })).toMatchObject({
      created: true,
      portalId: 1,
      workspaceId: OURS,
      name: 'Acme',
      state: 'active',
      timeZone: 'Europe/Berlin',
      tokenExpiresAt: null,
    });
    const { rows } = await db.admin.query('SELECT * FROM portals WHERE portal_id = 1');
    expect(JSON.stringify(rows)).not.toContain('canary-1');
    expect((await plainTokens(db.pool, { sealing }).accessToken(1)).secret.reveal()).toBe('canary-1');
  });

  it('take a new token, keep what is not said again, and become active again', async () => {
    await connect(2, { token: 'old', name: 'Acme', timeZone: 'Asia/Tokyo' });
    await db.admin.query(
      `UPDATE portals SET state = 'reauth_required', state_reason = 'revoked' WHERE portal_id = 2`,
    );
    expect(await connect(2, { token: 'new' })).toMatchObject({
      created: false,
      name: 'Acme',
      timeZone: 'Asia/Tokyo',
      state: 'active',
      stateReason: null,
    });
    expect((await plainTokens(db.pool, { sealing }).accessToken(2)).secret.reveal()).toBe('new');
    const { rows } = await db.admin.query('SELECT token_version, epoch FROM portals WHERE portal_id = 2');
    expect(rows).toEqual([{ token_version: 2, epoch: 2 }]);
  });

  it('stay with the workspace that holds them', async () => {
    await connect(3, { token: 'ours' });
    expect(await connect(3, { workspaceId: THEIRS, token: 'theirs' })).toBe('held');
    expect((await plainTokens(db.pool, { sealing }).accessToken(3)).secret.reveal()).toBe('ours');
    const { rows } = await db.admin.query('SELECT workspace_id FROM portals WHERE portal_id = 3');
    expect(rows).toEqual([{ workspace_id: OURS }]);
  });

  it("whose token has ended by the database's clock are refused", async () => {
    await connect(5, { expiresInMs: -60_000 });
    await expect(plainTokens(db.pool, { sealing }).accessToken(5)).rejects.toMatchObject({
      code: 'conflict',
    });
    await connect(5, { expiresInMs: 1_800_000 });
    expect((await plainTokens(db.pool, { sealing }).accessToken(5)).secret.reveal()).toBe('token');
  });
});
