import { describe, expect, it } from '@jest/globals';
import { createPortalWorkspaces, workspaceOf } from '../../../src/hubspot/budget/portalWorkspaces.js';

function start() {
  const at = new Map([[7, 'first']]);
  let asked = 0;
  let nowMs = 1;
  const workspaces = createPortalWorkspaces(
    {
      find: async (portalId) => {
        asked += 1;
        const workspaceId = at.get(portalId);
        return workspaceId === undefined ? undefined : { workspaceId, state: 'active', epoch: 1 };
      },
    },
    () => nowMs,
  );
  return { at, workspaces, asked: () => asked, pass: (ms: number) => (nowMs += ms) };
}

describe('the workspace of a portal', () => {
  it('is asked for once in some seconds, and is another one within them after a move', async () => {
    const { at, workspaces, asked, pass } = start();
    expect(await workspaceOf(workspaces, 7)).toBe('first');
    at.set(7, 'second');
    expect([await workspaceOf(workspaces, 7), asked()]).toEqual(['first', 1]);
    pass(5001);
    expect(workspaces.known(7)).toBe('first');
    expect([await workspaceOf(workspaces, 7), asked()]).toEqual(['second', 2]);
  });

  it('is nobody for a portal that is not connected, also when it was', async () => {
    const { at, workspaces, pass } = start();
    expect(await workspaceOf(workspaces, 8)).toBe('');
    await workspaces.learn([7]);
    at.delete(7);
    pass(5001);
    expect(await workspaceOf(workspaces, 7)).toBe('');
  });
});
