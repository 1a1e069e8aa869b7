import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Queryable } from '../../../src/db/pool.js';
import { createPortalResolver, type PortalResolver } from '../../../src/db/portals/portalResolver.js';

const WORKSPACE = '00000000-0000-4000-8000-000000000001';

let known: Map<number, number>;
let statements: number[][];
let resolver: PortalResolver;
beforeEach(() => {
  known = new Map([
    [1, 1],
    [2, 1],
  ]);
  statements = [];
  const query = async ({ values }: { values: [number[]] }) => {
    const [portalIds] = values;
    statements.push(portalIds);
    const rows = portalIds.flatMap((portalId) => {
      const epoch = known.get(portalId);
      return epoch === undefined ? [] : [{ portalId, workspaceId: WORKSPACE, state: 'active', epoch }];
    });
    await Promise.resolve();
    return { rows };
  };
  resolver = createPortalResolver({ query } as unknown as Queryable);
});

describe('the resolver of portals', () => {
  it('looks up in one statement what is asked for at once, and answers from its cache afterwards', async () => {
    const found = await Promise.all([1, 2, 1, 3].map((portalId) => resolver.find(portalId)));
    const entry = { workspaceId: WORKSPACE, state: 'active', epoch: 1 };
    expect(found).toEqual([entry, entry, entry, undefined]);
    expect(await resolver.find(2)).toEqual(entry);
    expect(statements).toEqual([[1, 2, 3]]);
  });

  it('finds a portal as soon as it is connected, also when it was asked for before', async () => {
    expect(await resolver.find(3)).toBeUndefined();
    known.set(3, 1);
    expect(await resolver.find(3)).toMatchObject({ epoch: 1 });
  });

  it('reads a portal again that was forgotten, also while an older read is under way', async () => {
    const before = resolver.find(1);
    await new Promise((resolve) => setImmediate(resolve));
    known.set(1, 2);
    resolver.forget(1);
    expect(await resolver.find(1)).toMatchObject({ epoch: 2 });
    expect(await before).toMatchObject({ epoch: 1 });
    expect(await resolver.find(1)).toMatchObject({ epoch: 2 });
  });
});
