import { seconds, type Fault } from './fault.js';
import {
  judgeMirror,
  loadedBeside,
  mirrorState,
  pagesTwice,
  portalLoading,
  portalWith,
  untilLoaded,
} from './mirror.js';

const MANY = 8000;
const FEW = 300;
/** As many as the types of the portal that is hit. */
const SLOTS = 3;
const HELD = ['companies', 'deals'] as const;
const STORM = { ratePerSecond: 40, seconds: 20 };
/** What a first load of a few records takes where nobody is in its way, with room for a busy machine. */
const MAX_FEW_MS = 12_000;
/** Refused calls of ours: those that were under way when HubSpot said so, and one each time that it is asked again. */
const MAX_REFUSED = 40;
/** A page of each range, each time that HubSpot has stopped it. */
const MOST_TWICE = 5 * 8;

export const stormUnderFirstLoads: Fault = {
  id: 'M30',
  title:
    'another user of the same limit eats it up for 20 s while 8,000 records are loaded; a small portal is loaded meanwhile',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ env: { WORKER_SYNC_SLOTS: String(SLOTS) } });
    const small = await portalWith(stack, FEW);
    const hit = await portalLoading(stack, { records: MANY, read: 1000, types: HELD, connect });

    await stack.sandbox.foreign(hit.portalId, STORM.ratePerSecond, STORM.seconds);
    const storm = await stack.sandbox.fault({
      ...{ target: 'crm', portalId: hit.portalId, kind: 'status', status: 429, share: 0.3 },
    });
    const fewMs = await loadedBeside(stack, small);
    const { isLoaded } = await mirrorState(stack, hit);
    await stack.sandbox.endFault(storm.id);
    const manyMs = await untilLoaded(stack, hit, 240_000);

    const { portals } = await stack.sandbox.report();
    const of = (portalId: number) => portals.find((one) => one.portalId === portalId)!;
    const refused = of(hit.portalId).rejected429;
    const twice = await pagesTwice(stack, hit);
    say(`${FEW} records of another portal took ${seconds(fewMs)}; ${refused} calls of ours were refused`);
    return judgeMirror(stack, [hit, small], {
      problems: [
        ...(isLoaded ? ['The storm held nothing up: it was over before'] : []),
        ...(fewMs > MAX_FEW_MS ? [`The small portal waited for the other one: ${seconds(fewMs)}`] : []),
        ...(of(small.portalId).rejected429 > 0 ? ['The small portal was refused, too'] : []),
        ...(refused > MAX_REFUSED ? [`${refused} of our calls were refused`] : []),
        ...(twice > MOST_TWICE ? [`${twice} pages were read twice`] : []),
      ],
      figures: [
        ['small_took', seconds(fewMs)],
        ['went_on_for', seconds(manyMs)],
        ['429', refused],
        ['read_twice', twice],
      ],
    });

    async function connect(): Promise<number> {
      const portalId = await stack.connectPortal();
      for (const type of HELD) await stack.sandbox.seed(portalId, type, 2000, {});
      return portalId;
    }
  },
};
