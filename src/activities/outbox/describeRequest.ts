import { maskText, maskValue } from '../../domain/outbox/mask.js';
import { pathOf } from '../../hubspot/wire/paths.js';
import type { ApiVersions } from '../../hubspot/wire/paths.js';
import type { OutboxRequest } from '../../services/outbox/delivery/outboxRequest.js';

const MAX_LENGTH = 8000;

/**
 * The line that a dry run logs for a request: method, path and body exactly as they would be sent, with personal data
 * masked.
 */
export function describeRequest(request: OutboxRequest, versions: ApiVersions): string {
  const { method, path } = pathOf(request.resource, versions, request.params);
  const body = JSON.stringify(maskValue(request.body));
  const shown = body.length > MAX_LENGTH ? `${body.slice(0, MAX_LENGTH)}… (${body.length} characters)` : body;
  return `[DRY-RUN] ${method} ${maskText(path)} ${shown}`;
}
