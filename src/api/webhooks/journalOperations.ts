import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { journalStanding, type JournalStanding } from '../../db/webhooks/journal.js';
import { journalTypes } from '../../db/webhooks/journalTypes.js';
import type { Config } from '../../platform/config/config.js';
import { time } from '../http/answers.js';
import { defineOperation } from '../http/operation.js';

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'WEBHOOKS_JOURNAL'>;
}

const JOURNAL_STATES = ['off', 'starting', 'reading', 'failing', 'silent'] as const;
const SILENT_SECONDS = 60;

const seconds = z.number().nullable();
const journalSchema = z
  .strictObject({
    state: z.enum(JOURNAL_STATES).meta({
      description:
        '`off`: WEBHOOKS_JOURNAL is off. `starting`: nothing was read yet. `failing`: HubSpot, or a file, was not to be had last. `silent`: nobody has asked for a minute',
    }),
    tells: z.boolean().meta({
      description: 'It stands in for searches: types that it tells of are searched each 15 minutes',
    }),
    offset: z
      .string()
      .nullable()
      .meta({ description: 'What is behind it is read next; null: from the first that there is' }),
    readUntil: time.nullable().meta({ description: 'What HubSpot published before then is read' }),
    behindSeconds: seconds,
    askedAt: time.nullable().meta({ description: 'When HubSpot has last answered as it should' }),
    lastFileAt: time.nullable(),
    files: z.number().int(),
    failures: z.number().int().meta({ description: 'In a row' }),
    errorCode: z.string().nullable(),
    lastError: z.string().nullable(),
    losses: z.number().int().meta({ description: 'How often HubSpot did not know our place any more' }),
    setAside: z.number().int().meta({
      description: 'Files that were passed over, since they could not be read while others could',
    }),
    lostAt: time.nullable(),
    lostFrom: time
      .nullable()
      .meta({ description: 'Since then something may have been missing, until it was searched' }),
    types: z.strictObject({ told: z.number().int(), polled: z.number().int() }).meta({
      description:
        'Mirrored types of the workspace that it tells of, and those that are searched each minute',
    }),
    plannedAt: time
      .nullable()
      .meta({ description: 'When the subscriptions were last held against what is mirrored' }),
    refused: z.string().nullable().meta({ description: 'Why HubSpot has refused a subscription then' }),
  })
  .meta({ id: 'WebhooksJournal' });

/** Where HubSpot's webhooks journal is. */
export const JOURNAL_OPERATIONS = [
  defineOperation({
    id: 'showWebhooksJournal',
    method: 'get',
    path: '/api/webhooks/journal',
    tag: 'Webhooks',
    scopes: ['crm'],
    resource: 'journal',
    summary: "Show how far HubSpot's webhooks journal is read",
    description:
      'It is one for all portals with the app: its place is that of all, the numbers of types are those of the workspace.',
    input: {},
    answers: {
      200: {
        description: 'How it stands',
        body: journalSchema,
        example: {
          ...{ state: 'reading', tells: true, offset: '550e8400-e29b-41d4-a716-446655440000' },
          ...{ readUntil: '2027-01-01T09:30:00.000Z', behindSeconds: 1.5 },
          ...{ askedAt: '2027-01-01T09:30:00.000Z', lastFileAt: '2027-01-01T09:29:00.000Z', files: 4102 },
          ...{
            failures: 0,
            errorCode: null,
            lastError: null,
            losses: 0,
            setAside: 0,
            lostAt: null,
            lostFrom: null,
          },
          ...{ types: { told: 4, polled: 0 }, plannedAt: '2027-01-01T09:29:30.000Z', refused: null },
        },
      },
    },
    errors: [],
    async run({ pool, config }: Dependencies, { workspaceId }) {
      const [stands, types] = [
        await journalStanding(pool),
        await journalTypes(forWorkspace(pool, workspaceId), workspaceId),
      ];
      const iso = (at: Date | null | undefined) => at?.toISOString() ?? null;
      const state = stateOf(config.WEBHOOKS_JOURNAL, stands);
      return {
        status: 200 as const,
        body: {
          ...{ state, tells: stands?.tells ?? false },
          ...{ offset: stands?.offset ?? null, readUntil: iso(stands?.readUntil) },
          ...{ behindSeconds: stands?.behindSeconds ?? null, askedAt: iso(stands?.askedAt) },
          ...{ lastFileAt: iso(stands?.fileAt), files: stands?.files ?? 0, failures: stands?.failures ?? 0 },
          errorCode: stands?.errorCode ?? null,
          lastError: stands?.lastError ?? null,
          ...{ losses: stands?.losses ?? 0, setAside: stands?.setAside ?? 0 },
          ...{ lostAt: iso(stands?.lostAt), lostFrom: iso(stands?.lostFrom) },
          ...{ types, plannedAt: iso(stands?.plannedAt), refused: stands?.refused ?? null },
        },
      };
    },
  }),
] as const;

function stateOf(isOn: boolean, stands: JournalStanding | undefined): (typeof JOURNAL_STATES)[number] {
  if (!isOn) return 'off';
  if (!stands || (stands.askedAt === null && stands.failures === 0)) return 'starting';
  if (stands.failures > 0) return 'failing';
  return (stands.silentSeconds ?? Infinity) > SILENT_SECONDS ? 'silent' : 'reading';
}
