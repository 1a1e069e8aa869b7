import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accessTokenContext, refreshTokenContext } from '../../../src/secrets/encryptionContext.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startTokens, storeInstall, tokenConfig, type TokenProcess } from '../../support/tokens.js';
import { startHarness, type Harness } from '../sandbox/harness.js';

const WORKSPACE = '00000000-0000-4000-8000-000000000001';

type Step =
  | { do: 'use'; process: number; callers: number }
  | { do: 'refused'; process: number }
  | {
      do:
        | 'expire'
        | 'install'
        | 'uninstall'
        | 'lose'
        | 'fail'
        | 'slow'
        | 'rotate'
        | 'dropLocks'
        | 'coolDown'
        | 'cross';
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      process: fc.nat(1),
      callers: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refused' as const), process: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.constant({ do: 'expire' as const }) },
  ...(
    ['install', 'uninstall', 'lose', 'fail', 'slow', 'rotate', 'dropLocks', 'coolDown', 'cross'] as const
  ).map((what) => ({
    weight: 1,
    arbitrary: fc.constant({ do: what }),
  })),
);

describe('the tokens of a portal, whatever happens', () => {
  let db: TestDatabase;
  let hubspot: Harness;
  let processes: TokenProcess[];
  let portalId = 1000;
  beforeAll(async () => {
    db = await createTestDatabase();
    hubspot = await startHarness();
    await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'ours')`, [WORKSPACE]);
    processes = [1, 2].map(() => startTokens(tokenConfig(db.url, hubspot.url)));
  });
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await hubspot.close();
    await db.drop();
  });

  const row = async () =>
    (await db.admin.query('SELECT * FROM portals WHERE portal_id = $1', [portalId])).rows[0];
  const fault = (plan: object) =>
    hubspot.control('POST', '/faults', { target: 'oauth', portalId, count: 1, ...plan });
  const works = async (token: string) =>
    (
      await hubspot.ask(
        'POST',
        '/automation/actions/callbacks/2026-03/complete',
        { inputs: [] },
        { authorization: `Bearer ${token}` },
      )
    ).status !== 401;

  async function install() {
    const { body } = await hubspot.control('POST', `/portals/${portalId}/install`, {});
    const { pool, sealing } = processes[0]!;
    await storeInstall(pool, sealing, {
      workspaceId: WORKSPACE,
      portalId,
      accessToken: body.accessToken as string,
      refreshToken: body.refreshToken as string,
      expiresInMs: 1_800_000,
    });
    for (const one of processes) one.tokens.forget(portalId);
  }

  const state = { installed: true };
  let turn = Promise.resolve();
  /** Of two that change the same thing at HubSpot the test has to know which came last. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    turn = turn.catch(() => undefined).then(work);
    return turn;
  }

  async function act(step: Step): Promise<void> {
    const use = async (process: number) => {
      const token = await processes[process]!.tokens.accessToken(portalId);
      // What is handed out is genuine: HubSpot takes it, unless the app is gone there.
      if (state.installed) expect([step, await works(token.secret.reveal())]).toEqual([step, true]);
    };
    const told = (error: unknown) => {
      if (!['conflict', 'unavailable'].includes((error as { code: string }).code)) throw error;
    };
    switch (step.do) {
      case 'use':
        return void (await Promise.all(
          Array.from({ length: step.callers }, () => use(step.process).catch(told)),
        ));
      case 'refused': {
        const { token_version: ifVersion } = await row();
        return void (await processes[step.process]!.tokens.refreshNow(portalId, {
          ifVersion: ifVersion as number,
        }).catch(told));
      }
      case 'expire':
        await db.admin.query(
          `UPDATE portals SET token_expires_at = now(), refreshed_at = now() - interval '1 h' WHERE portal_id = $1`,
          [portalId],
        );
        for (const one of processes) one.tokens.forget(portalId);
        return;
      case 'coolDown':
        await db.admin.query('UPDATE portals SET refresh_not_before = NULL WHERE portal_id = $1', [portalId]);
        for (const one of processes) one.tokens.forget(portalId);
        return;
      case 'install':
        return inTurn(async () => {
          await install();
          state.installed = true;
        });
      case 'uninstall':
        return inTurn(async () => {
          await hubspot.control('POST', `/portals/${portalId}/uninstall`, {});
          state.installed = false;
        });
      case 'lose':
        return void (await fault({ kind: 'answerLost' }));
      case 'fail':
        return void (await fault({ kind: 'status', status: 503 }));
      case 'slow':
        return void (await fault({ kind: 'latency', latencyMs: 150 }));
      case 'cross':
        // The app is taken away and installed anew while a refresh of the old token is out.
        await act({ do: 'expire' });
        await act({ do: 'slow' });
        await act({ do: 'uninstall' });
        await Promise.all([act({ do: 'use', process: 0, callers: 2 }), act({ do: 'install' })]);
        return;
      case 'rotate':
        // The old token stays good for a while, as a lost answer must not cost the portal.
        return void (await hubspot.control('PATCH', '/settings', {
          rotateRefreshTokens: true,
          rotationInvalidatesOldAfterMs: 60_000,
        }));
      case 'dropLocks':
        return void (await db.admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice-token-locks' AND datname = current_database()`,
        ));
    }
  }

  it('keep growing in version, are genuine, and end in use or in need of a new authorisation', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 10 }),
        async (rounds) => {
          portalId += 1;
          state.installed = true;
          await hubspot.control('PATCH', '/settings', { rotateRefreshTokens: false });
          await hubspot.control('POST', '/portals', { portalId });
          await install();
          let version = 0;
          for (const round of rounds) {
            const results = await Promise.allSettled(round.map(act));
            // Two things at once may cross (a token that was handed out, the app removed): one after the other they
            // may not.
            if (round.length === 1)
              for (const result of results) if (result.status === 'rejected') throw result.reason;
            const now = await row();
            expect(now.token_version).toBeGreaterThanOrEqual(version);
            version = now.token_version as number;
          }

          // All is quiet now: the portal works, or says what it needs.
          await hubspot.control('DELETE', '/faults');
          await act({ do: 'coolDown' });
          await act({ do: 'expire' });
          const last = await processes[1]!.tokens
            .accessToken(portalId)
            .catch((error: unknown) => error as { code: string });
          const end = await row();
          if (state.installed) {
            expect(end.state).toBe('active');
            expect(last).toMatchObject({ version: end.token_version });
            const { sealing } = processes[0]!;
            const stored = await sealing.open(
              end.access_token as string,
              accessTokenContext(WORKSPACE, portalId),
            );
            expect(await works(stored.reveal())).toBe(true);
            await sealing.open(end.refresh_token as string, refreshTokenContext(WORKSPACE, portalId));
          } else {
            expect([end.state, last]).toEqual([
              'reauth_required',
              expect.objectContaining({ code: 'conflict' }),
            ]);
          }
          expect(
            (await hubspot.control('GET', '/oauth/report')).body.tokenCalls.perPortal[portalId]
              ?.overlappingRefreshes ?? 0,
          ).toBeLessThanOrEqual(rounds.flat().filter((one) => one.do === 'dropLocks').length);
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  }, 120_000);
});
