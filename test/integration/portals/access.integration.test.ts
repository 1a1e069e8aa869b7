import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Browser, PORTAL, startInstalls, textOf, type Installs } from './harness.js';

const API = '/api/integrations/hubspot';
const CUSTOM = ['crm.objects.custom.read', 'crm.schemas.custom.read'];
const SENSITIVE = [
  ...['contacts', 'companies', 'deals'].map((type) => `crm.objects.${type}.sensitive.read.v2`),
  'tickets.sensitive.v2',
];

let hub: Installs;
beforeEach(async () => {
  hub = await startInstalls();
});
afterEach(() => hub.close());

const optionalOf = async (plan: Record<string, unknown>) => {
  const { location } = await new Browser().begin(await hub.link(plan));
  return (new URL(location ?? '').searchParams.get('optional_scope') ?? '').split(' ').filter(Boolean);
};
const granted = async () => {
  const [portal] = await hub.rows('SELECT scopes FROM portals');
  return portal?.scopes as string[];
};

describe('what may be read beside what features need', () => {
  it.each([
    [{}, []],
    [{ access: ['custom_objects'] }, CUSTOM],
    [{ features: ['sync'], access: ['sensitive'] }, SENSITIVE],
    [
      { features: ['throttle'], access: ['custom_objects', 'highly_sensitive'] },
      [...CUSTOM, 'crm.objects.custom.highly_sensitive.read.v2'],
    ],
  ] as const)(
    'is asked as optional scopes of one portal, by what its link says: %j',
    async (plan, scopes) => {
      expect(await optionalOf(plan)).toEqual(scopes);
    },
  );

  it('is refused where it names sensitive values of nothing, or what there is not', async () => {
    for (const plan of [{ features: ['throttle'], access: ['sensitive'] }, { access: ['everything'] }])
      expect((await hub.api.api.post(`${API}/links`, plan)).status).toBe(400);
  });

  it('is granted where the account has it; without it the portal is connected all the same, and shows it', async () => {
    const withheldScopes = [...CUSTOM, 'crm.objects.custom.sensitive.read.v2'];
    await hub.control('POST', '/portals', { portalId: PORTAL, withheldScopes });
    const page = await hub.install(new Browser(), {
      features: ['sync'],
      access: ['custom_objects', 'sensitive'],
    });
    expect(page.status).toBe(200);
    for (const scope of withheldScopes)
      expect(textOf(page.text)).toMatch(new RegExp(`Not allowed [^(]*${scope.replaceAll('.', '\\.')}`));
    expect(await granted()).toEqual(expect.arrayContaining(SENSITIVE));
    const settings = await hub.api.api.must('GET', `${API}/config`);
    expect(settings).toMatchObject({
      state: 'active',
      access: {
        customObjects: { granted: [], missingScopes: CUSTOM },
        sensitive: { granted: SENSITIVE, missingScopes: [] },
        highlySensitive: {
          granted: [],
          missingScopes: expect.arrayContaining(['tickets.highly_sensitive.v2']),
        },
      },
    });
    const [link] = await hub.rows(`SELECT subject FROM audit_entries WHERE operation = 'portal.link'`);
    expect(link?.subject).toMatchObject({ access: ['custom_objects', 'sensitive'] });
  });

  it('is asked for again by a later link, also by one that names no account: a grant replaces the one before', async () => {
    await hub.install(new Browser(), { portalId: PORTAL, access: ['custom_objects'] });
    expect(await optionalOf({ portalId: PORTAL, features: ['sync'], access: ['sensitive'] })).toEqual([
      ...CUSTOM,
      ...SENSITIVE,
      'crm.objects.custom.sensitive.read.v2',
    ]);
    const browser = new Browser();
    const again = await hub.install(browser, {});
    expect(new URL(again.location ?? '').searchParams.get('optional_scope')).toBe(CUSTOM.join(' '));
    await browser.get(await hub.click(again.location ?? ''));
    expect(await granted()).toEqual(expect.arrayContaining(CUSTOM));
  });
});
