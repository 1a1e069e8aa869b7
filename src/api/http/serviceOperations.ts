import { z } from 'zod';
import type { OperationDescription } from './operation.js';

/** Node refuses what it cannot read before any code of ours sees it. */
export const NOT_HTTP = { 400: { description: 'What came in is not HTTP that can be read' } } as const;

const checkSchema = z
  .strictObject({
    ok: z.boolean(),
    ms: z.number().int(),
    problem: z.string().optional(),
    mend: z.string().optional().meta({ description: 'What to do' }),
  })
  .meta({ id: 'Check' });
const readinessSchema = z
  .strictObject({
    status: z.enum(['ready', 'degraded', 'starting', 'not ready', 'stopping']),
    checks: z
      .record(z.string(), checkSchema)
      .optional()
      .meta({ description: 'What it needs, each; not looked at while it stops' }),
  })
  .meta({ id: 'Readiness' });
const the = { method: 'get', scopes: 'none', tag: 'Service', input: {}, errors: [] } as const;

/** What is asked by whoever operates it: by code of its own (healthRouter.ts, frontRouter.ts). */
export const SERVICE_OPERATIONS: readonly OperationDescription[] = [
  {
    ...the,
    id: 'showFront',
    path: '/',
    summary: 'Say what this is, and where things are',
    page: true,
    answers: {
      200: {
        description: 'Where things are',
        body: z
          .strictObject({ name: z.string(), api: z.string(), health: z.string(), ready: z.string() })
          .meta({ id: 'Front' }),
        example: {
          name: 'Sluice',
          api: 'https://sluice.example.com/api',
          health: '/healthz',
          ready: '/readyz',
        },
      },
      ...NOT_HTTP,
    },
  },
  {
    ...the,
    id: 'showLiveness',
    path: '/healthz',
    summary: 'Say whether the process runs',
    answers: {
      200: {
        description: 'It runs',
        body: z
          .strictObject({ status: z.literal('alive'), uptimeSeconds: z.number().int() })
          .meta({ id: 'Liveness' }),
        example: { status: 'alive', uptimeSeconds: 86_400 },
      },
      ...NOT_HTTP,
    },
  },
  {
    ...the,
    id: 'showReadiness',
    path: '/readyz',
    summary: 'Say whether work may be sent here, and if not, what to do',
    answers: {
      200: {
        description: 'It may; `degraded`: though something is not well',
        body: readinessSchema,
        example: { status: 'ready', checks: { database: { ok: true, ms: 2 } } },
      },
      ...NOT_HTTP,
      503: {
        description: 'It may not',
        body: readinessSchema,
        example: {
          status: 'not ready',
          checks: {
            database: { ok: false, ms: 5000, problem: 'No answer within 5000 ms', mend: 'Look at it' },
          },
        },
      },
    },
  },
];
