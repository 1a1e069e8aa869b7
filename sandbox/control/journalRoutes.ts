import { z } from 'zod';
import { json, noContent } from '../platform/answer.js';
import { JOURNAL_ACTIONS } from '../webhooks/journalEvents.js';
import { read } from './controlError.js';
import { nothing } from './plans.js';
import { route, type ControlRoute } from './router.js';

const eventsPlan = z.strictObject({
  events: z
    .array(
      z.looseObject({
        type: z.enum(['crmObject', 'association', 'app_lifecycle_event', 'gdprPrivacyDeletion']),
        portalId: z.int().positive(),
        action: z.enum(JOURNAL_ACTIONS),
        occurredAt: z.string(),
      }),
    )
    .min(1)
    .max(100_000),
});

const lossPlan = z.strictObject({ keepEvents: z.boolean().default(false) });

/** The webhooks journal: what is in it, who asked, and what becomes of it. */
export function createJournalRoutes(): ControlRoute[] {
  return [
    route('GET', '/journal', ({ world }) =>
      json(200, { ...world.journal.show(), tokens: world.oauth.appTokens.issued }),
    ),
    route('POST', '/journal/events', ({ world, body }) => {
      world.journal.add(read(eventsPlan, body, 'body').events);
      return noContent();
    }),
    route('POST', '/journal/lose', ({ world, body }) => {
      world.journal.lose(read(lossPlan, body, 'body'));
      return noContent();
    }),
    route('POST', '/journal/revoke', ({ world, body }) => {
      read(nothing, body, 'body');
      world.oauth.appTokens.revokeAll();
      return noContent();
    }),
  ];
}
