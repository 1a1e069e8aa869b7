import express from 'express';

export interface Route {
  readonly method: string;
  /** As it is written: `/api/lanes/:id`. */
  readonly path: string;
}

interface Layer {
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: unknown;
}
interface RouterLike {
  readonly stack: readonly Layer[];
}

/**
 * Builds an application and lists every route that it serves. The path at which Express has mounted a router cannot be
 * read afterwards, so mounting is watched while the application is built.
 */
export function buildWithRoutes(build: () => express.Express): { app: express.Express; routes: Route[] } {
  const prototype = express.Router.prototype as { use: (...args: unknown[]) => unknown };
  const { use } = prototype;
  const mounts = new Map<unknown, Map<unknown, string>>();
  prototype.use = function (this: unknown, ...args: unknown[]) {
    const path = typeof args[0] === 'string' ? args[0] : '';
    for (const child of args) {
      if (!isRouter(child)) continue;
      mounts.set(this, (mounts.get(this) ?? new Map<unknown, string>()).set(child, path));
    }
    return use.apply(this, args);
  };
  try {
    const app = build();
    return { app, routes: [...routesOf(app.router as unknown as RouterLike, '')] };
  } finally {
    prototype.use = use;
  }

  function* routesOf(router: RouterLike, prefix: string): Generator<Route> {
    for (const { route, handle } of router.stack) {
      if (route) {
        if (typeof route.path !== 'string')
          throw new Error('A route without a path of its own cannot be listed');
        const path = `${prefix}${route.path}`.replace(/(?<=.)\/$/, '');
        for (const method of Object.keys(route.methods)) yield { method: method.toUpperCase(), path };
      } else if (isRouter(handle)) {
        yield* routesOf(handle, prefix + (mounts.get(router)?.get(handle) ?? '').replace(/\/$/, ''));
      }
    }
  }
}

function isRouter(value: unknown): value is RouterLike {
  return typeof value === 'function' && 'stack' in value && Array.isArray(value.stack);
}
