import { describe, expect, it } from '@jest/globals';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { createPortalDefinitions } from '../../../src/services/register/portalDefinitions.js';

const LABEL = { category: 'USER_DEFINED', typeId: 5, label: 'Payer' };

const PORTAL = { workspaceId: 'w', portalId: 1 };

function portal(answer: (request: GatewayRequest) => Outcome | undefined = () => undefined, pauseMs = 20) {
  const asked: GatewayRequest[] = [];
  const gateway = {
    request(request: GatewayRequest): Promise<Outcome> {
      asked.push(request);
      const results = request.resource === 'listAssociationLabels' ? [LABEL, { ...LABEL, label: null }] : [];
      return Promise.resolve(answer(request) ?? { kind: 'ok', status: 200, body: { results } });
    },
  };
  const times = (resource: string) => asked.filter((one) => one.resource === resource).length;
  return { asked, times, definitions: createPortalDefinitions({ gateway, pauseMs }) };
}

describe('what a portal says', () => {
  it('is remembered, and by each workspace that has it for itself', async () => {
    const { asked, definitions } = portal();
    expect((await definitions.of(PORTAL)).isNew).toBe(true);
    const once = asked.length;
    expect((await definitions.of(PORTAL)).isNew).toBe(false);
    expect(asked).toHaveLength(once);
    await definitions.of({ ...PORTAL, workspaceId: 'other' });
    expect(asked.map(({ workspaceId }) => workspaceId)).toEqual([
      ...Array.from({ length: once }, () => 'w'),
      ...Array.from({ length: once }, () => 'other'),
    ]);
  });

  it('is read anew for who wants it of now: for a thousand at once by one read, which all of them wait for', async () => {
    const { asked, definitions } = portal();
    await definitions.of(PORTAL);
    const once = asked.length;
    const wanted = Array.from({ length: 1000 }, () => definitions.of(PORTAL, { anew: true }));
    expect((await Promise.all(wanted)).every(({ isNew }) => isNew)).toBe(true);
    expect(asked).toHaveLength(2 * once);
  });

  it('is read anew after a pause, however often one after the other wants it', async () => {
    const pauseMs = 30;
    const { times, definitions } = portal(undefined, pauseMs);
    await definitions.of(PORTAL);
    const beganAt = performance.now();
    for (let n = 0; n < 5; n += 1) expect((await definitions.of(PORTAL, { anew: true })).isNew).toBe(true);
    // A timer may be a millisecond early.
    expect(performance.now() - beganAt).toBeGreaterThan(5 * (pauseMs - 2) - pauseMs);
    expect(times('listPipelines')).toBe(2 * 6);
  });

  it('of the labels of associations is asked for where labels are asked for, and one without a name is none', async () => {
    const { times, definitions } = portal();
    await definitions.of(PORTAL);
    expect(times('listAssociationLabels')).toBe(0);
    const { definitions: known } = await definitions.of(PORTAL, { labels: ['contact-deals'] });
    expect(known.labels).toEqual({ 'contact-deals': [LABEL] });
    await definitions.of(PORTAL, { labels: ['contact-deals'] });
    expect(times('listAssociationLabels')).toBe(1);
  });

  it('that cannot be read now is asked for again by the next one', async () => {
    let isAway = true;
    const { definitions } = portal(({ resource }) =>
      isAway && resource === 'listPipelines'
        ? { kind: 'unknown', reason: 'timeout', message: 'No answer' }
        : undefined,
    );
    await expect(definitions.of(PORTAL)).rejects.toThrow();
    isAway = false;
    expect((await definitions.of(PORTAL)).isNew).toBe(true);
  });
});
