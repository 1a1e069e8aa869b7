import type { Outcome } from '../../../hubspot/wire/outcomes.js';
import type { OutboxRequest } from './outboxRequest.js';

/** What HubSpot would answer if all went well and nothing were there yet: for dry runs, in which nothing is asked. */
export function dryAnswer(request: OutboxRequest): Outcome {
  const ok = (results: readonly object[]): Outcome => ({
    kind: 'ok',
    status: 200,
    body: { status: 'COMPLETE', results },
  });
  switch (request.resource) {
    case 'readObjects':
    case 'searchObjects':
      return ok([]);
    case 'createObjects':
    case 'updateObjects':
    case 'upsertObjects':
      return ok(
        request.body.inputs.map((input, n) => ({
          id: `dry-${n}`,
          properties: input.properties,
          objectWriteTraceId: input.objectWriteTraceId,
        })),
      );
    case 'createDefaultAssociations':
    case 'createAssociations':
    case 'createTimelineEvents':
      return ok(request.body.inputs);
    case 'readAssociations':
      return ok(request.body.inputs.map((from) => ({ from, to: [] })));
    case 'sendEvents':
      return ok([]);
  }
}
