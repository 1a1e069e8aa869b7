import type { Request, RequestHandler } from 'express';

declare module 'express-serve-static-core' {
  interface Request {
    /** The path at which the router that answers is mounted, as it is written in the code. */
    mountedAt?: string;
  }
}

/** Notes where the routers that follow are mounted. */
export function mountedAt(path: string): RequestHandler {
  return (request, _response, next) => {
    request.mountedAt = path;
    next();
  };
}

/**
 * The route as it is written in the code; undefined when none matched. Never what the caller wrote: ids would make a
 * series of each, and Express takes `/api/kEYS/` for `/api/keys`.
 */
export function matchedRoute(request: Request): string | undefined {
  const matched: unknown = (request.route as { path?: unknown } | undefined)?.path;
  return typeof matched === 'string' ? `${request.mountedAt ?? ''}${matched}` : undefined;
}
