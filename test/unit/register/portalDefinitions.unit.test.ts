import { describe, expect, it } from '@jest/globals';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { createPortalDefinitions } from '../../../src/services/register/portalDefinitions.js';

const LABEL = { category: 'USER_DEFINED', typeId: 5, label: 'Payer' };

function portal(answer: (request: GatewayRequest) => Outcome | undefined = () => undefined) {
  const asked: string[] = [];
  const gateway = {
    request(request: GatewayRequest): Promise<Outcome> {
      asked.push(request.resource);
      const results = request.resource === 'listAssociationLabels' ? [LABEL, { ...LABEL, label: null }] : [];
      return Promise.resolve(answer(request) ?? { kind: 'ok', status: 200, body: { results } });
    },
  };
  return { asked, definitions: createPortalDefinitions({ gateway }) };
}

describe('what a portal says', () => {
  it('is remembered, and read anew for what is not valid once in a while, however often that is asked for', async () => {
    const { asked, definitions } = portal();
    expect((await definitions.of(1)).isNew).toBe(true);
    const once = asked.length;
    const again = await Promise.all(Array.from({ length: 50 }, () => definitions.of(1, { anew: 'seldom' })));
    expect(again.every(({ isNew }) => !isNew)).toBe(true);
    expect(asked).toHaveLength(once);
    expect((await definitions.of(1, { anew: true })).isNew).toBe(true);
    expect(asked).toHaveLength(2 * once);
  });

  it('of the labels of associations is asked for where labels are asked for, and one without a name is none', async () => {
    const { asked, definitions } = portal();
    await definitions.of(1);
    expect(asked).not.toContain('listAssociationLabels');
    const { definitions: known } = await definitions.of(1, { labels: ['contact-deals'] });
    expect(known.labels).toEqual({ 'contact-deals': [LABEL] });
    await definitions.of(1, { labels: ['contact-deals'] });
    expect(asked.filter((one) => one === 'listAssociationLabels')).toHaveLength(1);
  });

  it('that cannot be read now is asked for again by the next one', async () => {
    let isAway = true;
    const { definitions } = portal(({ resource }) =>
      isAway && resource === 'listPipelines'
        ? { kind: 'unknown', reason: 'timeout', message: 'No answer' }
        : undefined,
    );
    await expect(definitions.of(1)).rejects.toThrow();
    isAway = false;
    expect((await definitions.of(1)).isNew).toBe(true);
  });
});
