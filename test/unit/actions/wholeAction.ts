import { z } from 'zod';
import { defineAction, field } from '../../../src/sdk/actions/actions.js';

/** An action with everything that a definition at HubSpot can have. */
export const enrich = defineAction({
  name: 'enrich-company',
  version: 2,
  objectTypes: ['COMPANY'],
  input: z.object({
    model: field.select({ options: () => ({ options: [] }) }),
    size: field
      .select({ options: [{ label: 'Big', value: 'big', description: 'More than 500' }] })
      .optional(),
    owner: field.owner().optional(),
    property: field.property().optional(),
    firstName: z.string().describe('As on the letter').optional(),
    count: z.number().default(1),
    urgent: z.boolean().optional(),
    kind: z.enum(['a', 'b']).optional(),
    day: z.iso.date().optional(),
    at: z.iso.datetime().optional(),
  }),
  output: z.object({
    score: z.number(),
    hit: z.boolean(),
    grade: z.enum(['high', 'low']),
    parts: z.array(z.string()),
  }),
  labels: {
    en: { actionName: 'Enrich', inputFieldLabels: { model: 'Model' }, executionRules: { quota: 'Used up' } },
    de: { actionName: 'Anreichern' },
  },
  needs: { properties: ['domain'] },
  depends: [
    { fields: ['size'], on: 'model' },
    { fields: ['day', 'at'], on: 'kind', is: 'b' },
  ],
  rules: { quota: { errorCode: 'quota' }, goodHit: { grade: ['high'] } },
  clients: ['WORKFLOWS', { client: 'AGENTS', toolType: 'GET_DATA', description: 'Looks a company up' }],
  run: () => ({ score: 1, hit: true, grade: 'high' as const, parts: [] }),
});
