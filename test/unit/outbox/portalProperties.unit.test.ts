import { describe, expect, it } from '@jest/globals';
import { createPortalProperties } from '../../../src/activities/outbox/portalProperties.js';
import type { Listed } from '../../../src/activities/outbox/propertyRequests.js';
import type { OwnProperty } from '../../../src/sdk/outbox/registry/ownProperties.js';
import type { Failure } from '../../../src/services/outbox/delivery/failure.js';

const AWAY: Failure = { class: 'transient', message: 'away' };
const REFUSED: Failure = { class: 'permanent', message: 'no' };
const property = (name: string): OwnProperty => ({ name, label: name, type: 'string' });
const [code, time] = [property('sluice_code'), property('sluice_time')];

/** Portals that have `sluice_code`; answers in place of that are used up in their order. */
function portals() {
  const asked: string[] = [];
  const answers: { list: Listed[]; group: Failure[]; create: Failure[] } = {
    list: [],
    group: [],
    create: [],
  };
  const properties = createPortalProperties({
    list({ workspaceId, portalId }, objectType) {
      asked.push(`list ${workspaceId}${portalId} ${objectType}`);
      return Promise.resolve(answers.list.shift() ?? { names: new Set(['sluice_code']) });
    },
    createGroup() {
      asked.push('group');
      return Promise.resolve(answers.group.shift());
    },
    create(_, objectType, { name }) {
      asked.push(`create ${objectType} ${name}`);
      return Promise.resolve(answers.create.shift());
    },
  });
  const ensure = async (portalId = 1, make = true, workspaceId = '') =>
    Object.fromEntries(
      await properties.ensure({ workspaceId, portalId }, 'contacts', [code, time], { make }),
    );
  return { asked, answers, properties, ensure };
}

describe('the properties of a portal', () => {
  it('are listed once, and those that are missing are made once', async () => {
    const { asked, ensure } = portals();
    for (const _ of [1, 2]) expect(await ensure()).toEqual({ sluice_code: 'there', sluice_time: 'there' });
    expect(asked).toEqual(['list 1 contacts', 'group', 'create contacts sluice_time']);
  });

  it('are listed by one request for those who ask at once', async () => {
    const { asked, ensure } = portals();
    await Promise.all([ensure(1, false), ensure(1, false)]);
    expect(asked).toEqual(['list 1 contacts']);
  });

  it('are asked for by each workspace itself', async () => {
    const { asked, ensure } = portals();
    await ensure(1, false, 'a');
    await ensure(1, false, 'b');
    expect(asked).toEqual(['list a1 contacts', 'list b1 contacts']);
  });

  it('are listed anew when they are forgotten, those of other portals are not', async () => {
    const { asked, properties, ensure } = portals();
    await ensure(1, false);
    await ensure(2, false);
    properties.forget({ workspaceId: '', portalId: 1 });
    await ensure(1, false);
    await ensure(2, false);
    expect(asked).toEqual(['list 1 contacts', 'list 2 contacts', 'list 1 contacts']);
  });

  it('are unknown where they are missing and not to be made', async () => {
    expect(await portals().ensure(1, false)).toEqual({ sluice_code: 'there', sluice_time: 'unknown' });
  });

  it('are listed again at once after a failure in passing, and not at once after a refusal', async () => {
    const { asked, answers, ensure } = portals();
    answers.list = [{ failure: AWAY }, { failure: REFUSED }];
    expect(await ensure()).toEqual({ sluice_code: AWAY, sluice_time: AWAY });
    expect(await ensure()).toEqual({ sluice_code: 'unknown', sluice_time: 'unknown' });
    expect(await ensure()).toEqual({ sluice_code: 'unknown', sluice_time: 'unknown' });
    expect(asked).toEqual(['list 1 contacts', 'list 1 contacts']);
  });

  it('that HubSpot refuses to make are not asked for again at once', async () => {
    const { asked, answers, ensure } = portals();
    answers.create = [REFUSED];
    for (const _ of [1, 2]) expect(await ensure()).toEqual({ sluice_code: 'there', sluice_time: REFUSED });
    expect(asked.filter((request) => request.startsWith('create'))).toHaveLength(1);
  });

  it('wait with the group that could not be made in passing', async () => {
    const { asked, answers, ensure } = portals();
    answers.group = [AWAY];
    expect(await ensure()).toEqual({ sluice_code: 'there', sluice_time: AWAY });
    expect(await ensure()).toEqual({ sluice_code: 'there', sluice_time: 'there' });
    expect(asked).toEqual(['list 1 contacts', 'group', 'group', 'create contacts sluice_time']);
  });
});
