import type { Request } from 'express';
import type { Logger } from '../logger.js';
import { apiKeyOf } from './auth.js';

/** One line for each operation that changes something: who did what to what. Ids and settings, no personal data. */
export function audit(
  logger: Logger,
  request: Request,
  operation: string,
  subject: Record<string, unknown>,
): void {
  const { id, workspaceId } = apiKeyOf(request);
  logger.info(`Audit: ${operation}`, { audit: { operation, apiKeyId: id, workspaceId, ...subject } });
}
