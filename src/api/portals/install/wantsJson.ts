import express, { type Request } from 'express';

/** Browsers ask for HTML; a client that does not say what it accepts gets HTML, too. */
export function wantsJson({
  headers,
}: {
  readonly headers: { readonly accept?: string | undefined };
}): boolean {
  return express.request.accepts.call({ headers } as Request, 'html', 'json') === 'json';
}
