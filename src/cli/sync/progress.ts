import { setTimeout as delay } from 'node:timers/promises';
import type { Answers } from '../api.js';
import type { Context } from '../context.js';

type Sync = Answers['Sync'];

const BAR = 10;
const POLL_MS = 1000;

/** `████░░░░░░ 41 %` */
export function bar(share: number): string {
  const filled = Math.min(BAR, Math.floor(share * BAR));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${Math.floor(Math.min(1, share) * 100)} %`;
}

/** How far that is which is under way: a first load, or what was asked to be read again. */
export function shareOf({ progress, resync }: Sync): number | null {
  if (progress) return progress.share;
  if (!resync || resync.endedAt !== null || resync.expected === null) return null;
  return resync.expected === 0 ? 1 : Math.min(1, (resync.read + resync.absent) / resync.expected);
}

/** What is under way, in a line for people. */
export function lineOf(one: Sync): string {
  const share = shareOf(one);
  const read = one.progress ? one.loaded : (one.resync?.read ?? 0);
  const of = one.progress ? one.progress.expected : (one.resync?.expected ?? null);
  return [
    ...(share === null ? [] : [bar(share)]),
    `${read}${of === null ? '' : ` of ${of}`} records read`,
    ...(one.progress?.perSecond == null ? [] : [`${Math.round(one.progress.perSecond)} a second`]),
    ...(one.progress?.endsAt == null ? [] : [`ends at ${one.progress.endsAt}`]),
    ...(one.failure === null ? [] : [one.failure.message]),
  ].join(' · ');
}

/** Says, on standard error, how far it is, until it is over or held up. */
export async function waitFor(context: Context, first: Sync, isOver: (one: Sync) => boolean): Promise<Sync> {
  const path = { portalId: String(first.portalId), objectType: first.objectType };
  let one = first;
  let said = '';
  while (!isOver(one) && one.state !== 'paused' && one.state !== 'ended') {
    const line = lineOf(one);
    if (line !== said) context.say(line);
    said = line;
    await delay(POLL_MS);
    one = await context.api().get('/api/sync/{portalId}/{objectType}', { params: { path } });
  }
  return one;
}
