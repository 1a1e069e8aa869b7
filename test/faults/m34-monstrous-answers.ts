import { seconds, type Fault } from './fault.js';
import {
  judgeMirror,
  pagesTwice,
  portalWith,
  sandboxed,
  startMirror,
  untilLoaded,
  untilTrue,
} from './mirror.js';
import { residentMb } from './residentMb.js';

const RECORDS = 6000;
const EDITS = 400;
const MAX_RESIDENT_MB = 900;
const AGAIN_MS = 3000;
const KINDS = ['garbage', 'huge', 'gzipBomb', 'drip', 'html', 'truncated', 'resetMidBody'] as const;
/** Each answer that cannot be read ends a turn, with a page of each range under way. */
const MOST_TWICE = KINDS.length * 8;

export const monstrousPages: Fault = {
  id: 'M34',
  title:
    'HubSpot answers lists, searches and reads of records with garbage, HTML, half a JSON, 12 MB, a gzip bomb, a byte a second, or breaks off',
  async run({ stack: createStack, say, onEnd }) {
    const stack = await createStack();
    const mirrored = await portalWith(stack, RECORDS);
    const { portalId } = mirrored;
    let mostMb = 0;
    const watching = setInterval(() => {
      for (const { pid } of stack.workers) mostMb = Math.max(mostMb, residentMb(pid));
    }, 200);
    try {
      const plan = (target: 'crm' | 'search') =>
        KINDS.map((kind) => stack.sandbox.fault({ target, portalId, kind, share: 0.2, count: 1 }));
      await Promise.all(plan('crm'));
      await startMirror(stack, mirrored);
      // The pauses after so many failures would grow to minutes: somebody asks for it again and again.
      const inVain = (error: unknown) => say(`It was asked for in vain: ${String(error)}`);
      const again = setInterval(() => void startMirror(stack, mirrored).catch(inVain), AGAIN_MS);
      onEnd(() => Promise.resolve(clearInterval(again)));
      const loadMs = await untilLoaded(stack, mirrored, 180_000);
      await Promise.all([...plan('search'), ...plan('crm')]);
      await sandboxed(stack, 'POST', `/portals/${portalId}/crm/contacts/bulk-edit`, {
        ...{ count: EDITS, properties: { city: 'Geneva' } },
      });
      await untilTrue(stack, mirrored, 180_000);
      clearInterval(again);
      const { items } = await stack.sandbox.faults();
      const hits = items.reduce((sum, one) => sum + one.hits, 0);
      const twice = await pagesTwice(stack, mirrored);
      say(items.map((one) => `${one.target} ${one.kind} ×${one.hits}`).join(', '));
      return await judgeMirror(stack, [mirrored], {
        problems: [
          ...(mostMb > MAX_RESIDENT_MB ? [`The worker took ${mostMb} MB`] : []),
          ...(hits < KINDS.length ? [`HubSpot has answered so ${hits} times only`] : []),
          ...(twice > MOST_TWICE ? [`${twice} pages were read twice`] : []),
        ],
        figures: [
          ['faults', hits],
          ['most_mb', mostMb],
          ['loaded_in', seconds(loadMs)],
          ['read_twice', twice],
        ],
      });
    } finally {
      clearInterval(watching);
    }
  },
};
