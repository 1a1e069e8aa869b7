import { describe, expect, it } from '@jest/globals';
import type { PortalToken } from '../../../src/db/portals.js';
import type { Queryable } from '../../../src/db/pool.js';
import { accessTokenPlace } from '../../../src/db/sealedColumns.js';
import { createTokens } from '../../../src/hubspot/tokens.js';
import { testSealing } from '../../support/sealing.js';
import { Secret } from '../../../src/secret.js';

const WORKSPACE = '7f9c1e2a-0000-4000-8000-000000000001';
const sealing = testSealing();

function setup(row: Partial<PortalToken> | undefined, own: { token?: string; portalId?: number } = {}) {
  const state = { reads: 0, row, gate: Promise.resolve() };
  const pool = {
    async query() {
      state.reads += 1;
      const seen = state.row;
      await state.gate;
      const rows =
        seen === undefined
          ? []
          : [
              {
                workspaceId: WORKSPACE,
                state: 'active',
                stateReason: null,
                timeZone: 'Europe/Berlin',
                expiresInMs: null,
                ...seen,
              },
            ];
      return { rows };
    },
  } as unknown as Queryable;
  const config = {
    HUBSPOT_PRIVATE_APP_TOKEN: own.token === undefined ? undefined : new Secret(own.token),
    HUBSPOT_PORTAL_ID: own.portalId,
  };
  return { state, tokens: createTokens({ pool, sealing, config }) };
}

const place = accessTokenPlace(WORKSPACE, 1);
const values = new Map<string, string>();
for (const token of ['t', 't-1', 't-2']) values.set(token, await sealing.seal(token, place));
const sealed = (token: string) => ({ accessTokenSealed: values.get(token) ?? null });

describe('tokens', () => {
  it('opens the row once for many callers, and keeps it', async () => {
    const { state, tokens } = setup(sealed('t-1'));
    const got = await Promise.all(Array.from({ length: 20 }, () => tokens.accessToken(1)));
    expect(new Set(got.map((one) => one.reveal()))).toEqual(new Set(['t-1']));
    await tokens.accessToken(1);
    expect(state.reads).toBe(1);
    expect(tokens.timeZone(1)).toBe('Europe/Berlin');
  });

  it('reads again after it was told to forget', async () => {
    const { state, tokens } = setup(sealed('t-1'));
    await tokens.accessToken(1);
    state.row = sealed('t-2');
    expect((await tokens.accessToken(1)).reveal()).toBe('t-1');
    tokens.forget(1);
    expect((await tokens.accessToken(1)).reveal()).toBe('t-2');
  });

  it('does not keep what was read before it was told to forget', async () => {
    const { state, tokens } = setup(sealed('t-1'));
    let open = () => {};
    state.gate = new Promise((resolve) => (open = resolve));
    const early = tokens.accessToken(1);
    tokens.forget(1);
    state.row = sealed('t-2');
    open();
    expect((await early).reveal()).toBe('t-1');
    expect((await tokens.accessToken(1)).reveal()).toBe('t-2');
  });

  it('keeps a token no longer than it lives', async () => {
    const { state, tokens } = setup({ ...sealed('t-1'), expiresInMs: 5001 });
    await tokens.accessToken(1);
    const deadline = performance.now() + 1000;
    while (state.reads < 2 && performance.now() < deadline) await tokens.accessToken(1);
    expect(state.reads).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['that is not stored', undefined, 'not_found', /not connected/],
    ['without a token', {}, 'not_found', /not connected/],
    ['that is disconnected', { state: 'disconnected', ...sealed('t') }, 'conflict', /is disconnected/],
    [
      'that must be authorised anew',
      { state: 'reauth_required', stateReason: 'revoked', ...sealed('t') },
      'conflict',
      /new authorisation: revoked/,
    ],
    ['whose token has ended', { ...sealed('t'), expiresInMs: 10 }, 'conflict', /expired/],
  ] as const)('refuses a portal %s', async (_, row, code, message) => {
    const { tokens } = setup(row);
    await expect(tokens.accessToken(1)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('serves the private app’s token for its own portal only, and prefers a stored one', async () => {
    const own = { token: 'pat-1', portalId: 1 };
    expect((await setup(undefined, own).tokens.accessToken(1)).reveal()).toBe('pat-1');
    expect((await setup(sealed('t-1'), own).tokens.accessToken(1)).reveal()).toBe('t-1');
    await expect(setup(undefined, own).tokens.accessToken(2)).rejects.toMatchObject({ code: 'not_found' });
    await expect(setup({ state: 'disconnected' }, own).tokens.accessToken(1)).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('tries again after a failed read', async () => {
    const { state, tokens } = setup(sealed('t-1'));
    state.gate = Promise.reject(new Error('away'));
    await expect(tokens.accessToken(1)).rejects.toThrow('away');
    state.gate = Promise.resolve();
    expect((await tokens.accessToken(1)).reveal()).toBe('t-1');
  });
});
