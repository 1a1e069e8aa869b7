import { randomInt } from 'node:crypto';
import { installApp } from '../support/installApp.js';
import type { Stack } from '../support/stack.js';
import { seconds, type Fault } from './fault.js';
import { portalRow, tokenCalls, untilState } from './installed.js';
import {
  judgeMirror,
  loadedBeside,
  mirrorState,
  pagesTwice,
  portalLoading,
  portalWith,
  untilLoaded,
} from './mirror.js';

const MANY = 15_000;
const FEW = 400;
/** A page of each range, once. */
const MOST_TWICE = 8;
/** Those that were under way, and what finds out that no other token is to be had. */
const MAX_DEAD_CALLS = 20;

export const revokedInAFirstLoad: Fault = {
  id: 'M42',
  title:
    'the app is uninstalled in the middle of a first load, and installed again: it is paused with the reason, and goes on from where it was',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ env: { TOKEN_REFRESH_BEFORE_MS: '4000' } });
    const other = await portalWith(stack, FEW);
    const hit = await portalLoading(stack, { records: MANY, read: 3000, connect: () => installed(stack) });

    await stack.sandbox.uninstall(hit.portalId);
    const otherMs = await loadedBeside(stack, other);
    await untilState(stack, hit.portalId, 'reauth_required', 120_000);
    const shown = await stack.api.must<{
      state: string;
      pause: { reason: string } | null;
      nextReadAt: unknown;
    }>(...(['GET', `/api/sync/${hit.portalId}/contacts`] as const));
    const before = await mirrorState(stack, hit);
    const { dead } = await tokenCalls(stack, hit.portalId);

    await installApp(stack, hit.portalId, ['sync']);
    const onMs = await untilLoaded(stack, hit, 120_000);
    const twice = await pagesTwice(stack, hit);
    const { state } = await portalRow(stack, hit.portalId);
    say(`paused at ${before.loaded} of ${MANY} records: ${shown.pause?.reason ?? 'without a reason'}`);
    return judgeMirror(stack, [hit, other], {
      problems: [
        ...(shown.state === 'paused' && /new authorisation/.test(shown.pause?.reason ?? '')
          ? []
          : [`It is shown as ${JSON.stringify(shown)}`]),
        ...(before.isLoaded ? ['It was loaded before'] : []),
        ...(state === 'active' ? [] : [`The portal is ${state}`]),
        ...(twice > MOST_TWICE ? [`${twice} pages were read twice`] : []),
        ...(dead > MAX_DEAD_CALLS ? [`${dead} calls came with a token that was worth nothing`] : []),
      ],
      figures: [
        ['paused_at', before.loaded],
        ['read_twice', twice],
        ['dead_calls', dead],
        ['other_took', seconds(otherMs)],
        ['went_on_for', seconds(onMs)],
      ],
    });
  },
};

/** As a person does it: its token expires, and is refused when the app is gone. */
async function installed(stack: Stack): Promise<number> {
  const portalId = randomInt(10_000_000, 99_999_999);
  await stack.sandbox.createPortal(portalId);
  await installApp(stack, portalId, ['sync']);
  return portalId;
}
