import { troubledConsumers, type TroubledConsumer } from '../../db/crm/attention.js';
import { feedHeld } from '../../db/crm/feedStanding.js';
import { BOUNDS, countInWords, foundIn, type Finding } from '../../domain/attention/attention.js';
import type { AttentionSource } from '../attention/attentionSource.js';

/** Some minutes of growing pauses: what passes by itself has passed. */
const FAILURES = 6;
/** A migration or a report may take some minutes. */
const HELD_SECONDS = 300;

/** What somebody has to know of the feed and of who reads it. */
export const CRM_ATTENTION: AttentionSource = {
  scopes: ['crm'],
  async find(db, workspaceId) {
    const bounds = { things: BOUNDS.things, counted: BOUNDS.counted, failures: FAILURES };
    const rows = await troubledConsumers(db, workspaceId, bounds);
    const kinds = [
      'consumer_missed',
      'consumer_behind',
      'consumer_failing',
      'consumer_dead_letters',
    ] as const;
    const { findings, more } = foundIn(kinds, rows, troubled);
    const held = await feedHeld(db, workspaceId, HELD_SECONDS);
    if (!held) return { findings, more };
    const happened = `The feed of changes waits for ${held.holder ?? 'a transaction that this login may not see (pg_stat_activity, by backend_xid)'}`;
    const item: Finding = {
      ...{
        kind: 'feed_held',
        subjectId: workspaceId,
        portalId: null,
        since: held.since,
        count: null,
        happened,
      },
    };
    return { findings: [...findings, item], more };
  },
};

function troubled({ name, ...consumer }: TroubledConsumer): Finding[] {
  const of = { subjectId: name, portalId: null };
  const { missedAt, behindSince, unreadSince, failedSince, deadLetters } = consumer;
  return [
    missedAt && {
      ...{ kind: 'consumer_missed' as const, ...of, since: missedAt, count: null },
      happened: `Changes were removed before the consumer ${name} had them`,
    },
    behindSince && {
      ...{ kind: 'consumer_behind' as const, ...of, since: behindSince, count: null },
      happened: `The consumer ${name} has not had changes since ${unreadSince?.toISOString() ?? 'some time'}: the mirror of its portals waits for it`,
    },
    failedSince &&
      consumer.failuresInARow >= FAILURES && {
        ...{ kind: 'consumer_failing' as const, ...of, since: failedSince, count: null },
        happened: `The consumer ${name} did not take its changes ${consumer.failuresInARow} times in a row: ${consumer.lastError ?? 'no answer'}`,
      },
    deadLetters > 0 && {
      ...{ kind: 'consumer_dead_letters' as const, ...of, since: null, count: deadLetters },
      happened: `The consumer ${name} has ${countInWords(deadLetters, 'dead letter')}`,
    },
  ].filter((one) => one !== null && one !== false);
}
