import { applyMapping } from '../../../src/domain/outbox/mapping/applyMapping.js';
import { parseMapping } from '../../../src/sdk/outbox/registry/generic.js';

/* Prints what a mapping makes of many spellings of days and times: run under several time zones. */

const SPELLINGS = [
  '2024-01-15',
  '2024-01-15T23:30:00Z',
  '2024-01-15T23:30:00-05:00',
  '2024-01-15 23:30:00+00',
  '2024-01-15T23:30:00',
  '1705276800000',
  1705276800000,
  1705276800,
  '01/02/2024',
];
const context = { eventId: '1', portalId: '1', occurredAt: '2026-10-01T00:00:00.000Z' };

const made = SPELLINGS.flatMap((at) =>
  [{}, { zone: 'Europe/Berlin' }].map((rules) => {
    const parsed = parseMapping({
      name: 'm',
      effects: [
        {
          kind: 'upsertContact',
          by: { property: 'email', value: { const: 'a@example.com' } },
          properties: {
            day: { path: '/at', as: 'date', ...rules },
            time: { path: '/at', as: 'time', ...rules },
          },
        },
        { kind: 'note', on: { effect: 0 }, body: { const: 'x' }, timestamp: { path: '/at', ...rules } },
      ],
    });
    return parsed.ok ? applyMapping(parsed.mapping, { at }, context) : parsed;
  }),
);
process.stdout.write(JSON.stringify(made, null, 1));
