import { PORTAL, startHarness } from './harness.js';

/** A sandbox with the app installed in one portal, whose limits are out of the way unless a test sets them. */
export async function startCrm(options: { lifetimeSeconds?: number | null } = {}) {
  const harness = await startHarness();
  const settings = (patch: Record<string, unknown>) => harness.control('PATCH', '/settings', patch);
  await settings({
    tenSecondlyLimit: 100_000,
    searchPerSecond: 1_000,
    associationsTenSecondlyLimit: 90_000,
  });
  const { token } = await harness.portal({ portalId: PORTAL, ...options });
  const ask = (method: string, path: string, body?: unknown) =>
    harness.ask(method, path, body, { authorization: `Bearer ${token}` });
  const objects = (type: string, version = '2026-03') => `/crm/objects/${version}/${type}`;
  return {
    ...harness,
    token,
    settings,
    objects,
    call: ask,
    get: (path: string) => ask('GET', path),
    post: (path: string, body: unknown) => ask('POST', path, body),
    patch: (path: string, body: unknown) => ask('PATCH', path, body),
    delete: (path: string) => ask('DELETE', path),
    /** The new record's id. */
    async create(type: string, properties: Record<string, string>, more: Record<string, unknown> = {}) {
      const { status, body } = await ask('POST', objects(type), { properties, associations: [], ...more });
      if (status !== 201) throw new Error(`${type} was not created: ${JSON.stringify(body)}`);
      return body.id as string;
    },
    search: (type: string, body: Record<string, unknown>) => ask('POST', `${objects(type)}/search`, body),
  };
}

export type CrmHarness = Awaited<ReturnType<typeof startCrm>>;
