import { isKept, readChanges, type FeedPlace } from '../../db/crm/changes.js';
import { findConsumer, type Consumer } from '../../db/crm/consumers.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import type { FeedPosition } from '../../domain/crm/feedPosition.js';
import { AppError } from '../../platform/errors.js';
import { changeAnswer } from '../../services/crm/changeAnswer.js';
import { readFeedPlaces } from '../../services/crm/feedPlaces.js';
import { notFound } from '../http/input.js';
import type { Caller } from '../http/operation.js';
import type { FeedWatch } from './feedWatch.js';

interface Asked {
  readonly consumer?: string | undefined;
  readonly after?: FeedPosition | undefined;
  readonly limit: number;
}

interface Dependencies {
  readonly pool: Pool;
  readonly watch: FeedWatch;
}

/** A page of the feed: where nothing follows yet, that is waited for as long as was asked. */
export async function readFeed(
  { pool, watch }: Dependencies,
  { workspaceId, gone }: Pick<Caller, 'workspaceId' | 'gone'>,
  { wait, ...asked }: Asked & { readonly wait: number },
) {
  const until = performance.now() + wait * 1000;
  const left = wait > 0 ? gone?.() : undefined;
  for (;;) {
    const { page, place } = await readOnce(pool, workspaceId, asked);
    const ms = until - performance.now();
    const says = page.items.length > 0 || page.more || page.restored || page.expired;
    if (says || ms <= 0) return page;
    if (!(await watch.follows({ workspaceId, place }, { ms, gone: left }))) return page;
  }
}

/** Of all of it, or of what a consumer wants. */
async function readOnce(pool: Pool, workspaceId: string, { consumer: name, after, limit }: Asked) {
  const places = await readFeedPlaces(pool);
  const { now, beginning } = places;
  const consumer = name === undefined ? undefined : await consumerToRead(pool, workspaceId, name);
  const from = after
    ? places.placeOf(after)
    : (consumer?.place ?? { ...beginning, generation: Math.min(1, now) });
  const isStart = from.transaction === beginning.transaction;
  const expired =
    consumer && !after
      ? consumer.missedAt !== null
      : from.generation === now &&
        !isStart &&
        !(await isKept(forWorkspace(pool, workspaceId), workspaceId, from));
  const page = { after: from, now, limit, ...(consumer && { wanted: consumer }) };
  const { changes, through, more } = await readChanges(pool, workspaceId, page);
  const restored = after ? places.isOfBefore(after) : consumer !== undefined && from.generation < now;
  // A consumer stands where it is: that it has missed some is noted beside its place.
  const isTold = from.generation < now || (expired && (!consumer || after !== undefined));
  const place = through ?? whereNothingFollows(from, { isTold, beginning });
  const items = changes.map((change) => changeAnswer(change, places.positionOf(change)));
  return { place, page: { items, next: places.write(place), more, expired, restored } };
}

/**
 * Where nothing follows, a reader stays where it is. One that was told of a restore, or that changes are not kept any
 * more, is told so once: it goes on from the beginning of what is there now.
 */
const whereNothingFollows = (from: FeedPlace, how: { isTold: boolean; beginning: FeedPlace }): FeedPlace =>
  how.isTold ? how.beginning : from;

async function consumerToRead(pool: Pool, workspaceId: string, name: string): Promise<Consumer> {
  const found = await findConsumer(forWorkspace(pool, workspaceId), workspaceId, name);
  if (!found) throw notFound(`consumer ${name}`);
  if (found.pause) throw new AppError('conflict', `The consumer ${name} is paused: resume it first`);
  return found;
}
