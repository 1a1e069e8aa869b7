import type { Request } from 'express';

/** Browsers ask for HTML; a client that does not say what it accepts gets HTML, too. */
export function wantsJson(request: Request): boolean {
  return request.accepts(['html', 'json']) === 'json';
}
