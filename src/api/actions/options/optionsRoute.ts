import type { PortalResolver } from '../../../db/portals/portalResolver.js';
import { withDeadline } from '../../../platform/deadline.js';
import type { Logger } from '../../../platform/logger.js';
import { createSeldom } from '../../../platform/seldom.js';
import type { SignedAnswer, SignedCall, SignedRoute } from '../../room.js';
import { UNKNOWN_PORTAL } from '../../throttle/actionRoute.js';
import type { ActionIntakeInstruments } from '../instruments.js';
import { InvalidOptions } from './optionsPage.js';
import { OptionsBusy, OptionsLate, type OptionsPages } from './optionsPages.js';
import type { NoOptions, OptionsSource } from './optionsSource.js';
import { readOptionsCall } from './readOptionsCall.js';

interface Dependencies {
  /** From the root. Its words are handed to `sourceOf`, in their order. */
  readonly path: string;
  readonly sourceOf: (...words: string[]) => OptionsSource | NoOptions;
  readonly pages: OptionsPages;
  readonly portals: PortalResolver;
  readonly logger: Logger;
  readonly metrics: Pick<ActionIntakeInstruments, 'options' | 'optionsSeconds'>;
}

/** Somebody waits in the workflow editor, and HubSpot's own limit is not known. */
export const OPTIONS_WITHIN_MS = 1800;
const MAX_BYTES = 256 * 1024;
const RETRY_AFTER_MS = 2000;

/** Where HubSpot asks what there is to choose in a field. It answers within two seconds, if only that it cannot. */
export function createOptionsRoute(deps: Dependencies): SignedRoute {
  const { path, sourceOf, pages, portals, logger, metrics } = deps;
  const words = new RegExp(`^${path.replace(/:\w+/g, '([^/]*)')}$`);
  const seldom = createSeldom();

  async function take({ body }: SignedCall, source: OptionsSource): Promise<SignedAnswer> {
    const read = readOptionsCall(body);
    if (!read.ok) return { result: 'invalid', status: 400, body: { message: read.reason } };
    const portal = await portals.find(read.call.portalId);
    if (!portal || portal.state === 'disconnecting' || portal.state === 'disconnected') return UNKNOWN_PORTAL;
    const { page, isKept } = await pages.page(source, portal.workspaceId, read.call);
    return { result: isKept ? 'kept' : 'fetched', status: 200, body: page };
  }

  function failed({ action, field }: OptionsSource, error: unknown): SignedAnswer {
    const isOurs = error instanceof OptionsBusy || error instanceof OptionsLate;
    const said = seldom(`${action} ${field}`);
    // What an author's function throws may quote what was typed: its name alone is told.
    const about = { action, field, ...said, error: error instanceof Error ? error.name : 'thrown' };
    if (said && error instanceof InvalidOptions)
      logger.error('A function for options gave no page of them', { ...about, reason: error.message });
    else if (said) logger.warn('The options of a field could not be given', about);
    return {
      result: error instanceof OptionsLate ? 'late' : error instanceof OptionsBusy ? 'busy' : 'failed',
      status: 503,
      body: { message: isOurs ? error.message : `The options of ${field} cannot be fetched now` },
      retryAfterMs: RETRY_AFTER_MS,
    };
  }

  return {
    ...{ method: 'POST', path, maxBytes: MAX_BYTES },
    signatures: ['v2'],
    retryAfterUnit: 'milliseconds',
    async answer(call) {
      const [pathname = ''] = call.url.split('?', 1);
      const source = sourceOf(...(words.exec(pathname) ?? []).slice(1));
      if ('message' in source)
        return { result: 'no_options', status: 503, body: source, retryAfterMs: RETRY_AFTER_MS };
      const late = () => new OptionsLate(`Its options took longer than ${OPTIONS_WITHIN_MS} ms`);
      try {
        return await withDeadline(take(call, source), OPTIONS_WITHIN_MS, late);
      } catch (error) {
        return failed(source, error);
      }
    },
    answered(result, seconds) {
      metrics.options.inc({ result });
      metrics.optionsSeconds.observe(seconds);
    },
  };
}
