import type { SignedRoute } from '../room.js';

/** Undefined: it is none of HubSpot's. */
export type FindSignedRoute = (
  method: string | undefined,
  url: string | undefined,
) => SignedRoute | undefined;

/** Finds the route of a call by its path; `:name` in that of a route stands for any one word. */
export function findSignedRouteOf(routes: readonly SignedRoute[]): FindSignedRoute {
  const asTheyAre = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const withWords = routes
    .filter(({ path }) => path.includes('/:'))
    .map((route) => ({ route, pattern: new RegExp(`^${route.path.replace(/:\w+/g, '[^/]*')}$`) }));
  return (method, url = '') => {
    const [path = ''] = url.split('?', 1);
    return (
      asTheyAre.get(`${method} ${path}`) ??
      withWords.find(({ route, pattern }) => route.method === method && pattern.test(path))?.route
    );
  };
}
