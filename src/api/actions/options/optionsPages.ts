import { hash } from 'node:crypto';
import { createCache, type Cache } from '../../../platform/cache.js';
import { withDeadline } from '../../../platform/deadline.js';
import { createPlaces } from '../../../platform/places.js';
import type { OptionsPage } from '../../../sdk/actions/field.js';
import { checkPage, type CheckedPage } from './optionsPage.js';
import type { OptionsSource } from './optionsSource.js';
import type { OptionsCall } from './readOptionsCall.js';

/** More is asked at once than is asked of an author's function. */
export class OptionsBusy extends Error {
  override readonly name = 'OptionsBusy';
}

/** It gave nothing within its time. */
export class OptionsLate extends Error {
  override readonly name = 'OptionsLate';
}

export interface OptionsPages {
  /** Rejects with an OptionsBusy, an OptionsLate, an InvalidOptions, or what the author's function threw. */
  page(
    source: OptionsSource,
    workspaceId: string,
    call: OptionsCall,
  ): Promise<{ readonly page: OptionsPage; readonly isKept: boolean }>;
}

const KEPT_MS = 60_000;
/** Portals, each with one action, of which pages are kept; and how many, of which size, of one. */
const MAX_KEPT_PORTALS = 100;
const MAX_KEPT_PAGES = 200;
const MAX_KEPT_CHARACTERS = 300_000;
/** Functions that run at a time. One that never ends keeps its place, and no other action's. */
const PLACES = { ofAction: 16, ofPortal: 8, ofAll: 64 };

/**
 * Pages of options, each kept for a minute by all that it was asked with. Those who ask for the same at once share one
 * call. Bounds are by portal and action: one that asks for much pushes out its own pages alone.
 */
export function createOptionsPages({
  timeoutMs,
  now = () => performance.now(),
}: {
  readonly timeoutMs: number;
  readonly now?: () => number;
}): OptionsPages {
  const kept = createCache<string, Cache<string, CheckedPage>>({ max: MAX_KEPT_PORTALS });
  const underWay = new Map<string, Promise<CheckedPage>>();
  const ofAction = createPlaces<string>({ ofKey: PLACES.ofAction, ofAll: PLACES.ofAll });
  const ofPortal = createPlaces<number>({ ofKey: PLACES.ofPortal });

  function keptOf(whose: string): Cache<string, CheckedPage> {
    const known = kept.get(whose);
    if (known) return known;
    const made = createCache<string, CheckedPage>({
      ...{ max: MAX_KEPT_PAGES, ttlMs: KEPT_MS, now },
      ...{ maxWeight: MAX_KEPT_CHARACTERS, weigh: ({ characters }) => characters },
    });
    kept.set(whose, made);
    return made;
  }

  async function fetch(source: OptionsSource, workspaceId: string, call: OptionsCall): Promise<CheckedPage> {
    const leaves = [ofPortal.take(call.portalId), ofAction.take(source.action)];
    const leave = () => leaves.forEach((one) => one?.());
    if (leaves.includes(undefined)) {
      leave();
      throw new OptionsBusy('More options are asked for at once than can be fetched');
    }
    const over = new AbortController();
    const running = Promise.resolve().then(() => source.page({ ...call, workspaceId, signal: over.signal }));
    running.then(leave, leave);
    const late = () => new OptionsLate(`Its options took longer than ${timeoutMs} ms`);
    try {
      return checkPage(await withDeadline(running, timeoutMs, late));
    } finally {
      over.abort(new Error('The call for options is over'));
    }
  }

  return {
    async page(source, workspaceId, call) {
      const { action, version, field } = source;
      const whose = `${workspaceId} ${call.portalId} ${action}`;
      const inputs = Object.entries(call.inputs).sort(([a], [b]) => (a < b ? -1 : 1));
      const asked = JSON.stringify([version, field, call.query, call.after, inputs]);
      const key = hash('sha256', `${whose}\n${asked}`);
      const pages = keptOf(whose);
      const known = pages.get(key);
      if (known) return { page: known.page, isKept: true };
      let fetched = underWay.get(key);
      if (!fetched) {
        fetched = fetch(source, workspaceId, call).finally(() => underWay.delete(key));
        underWay.set(key, fetched);
      }
      const checked = await fetched;
      pages.set(key, checked);
      return { page: checked.page, isKept: false };
    },
  };
}
