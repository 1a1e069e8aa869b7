/** What a path may name of the event itself, as `@eventId`. */
export const CONTEXT_NAMES = ['eventId', 'occurredAt', 'portalId', 'name'] as const;

/** What is wrong with a path, or undefined. */
export function problemOfPath(path: string): string | undefined {
  if (path.startsWith('@')) {
    return (CONTEXT_NAMES as readonly string[]).includes(path.slice(1))
      ? undefined
      : `"${path}" is not one of ${CONTEXT_NAMES.map((name) => `@${name}`).join(', ')}`;
  }
  if (!path.startsWith('/'))
    return `"${path}" is not a path: begin it with "/", or write { "const": … } for a text`;
  return /~(?![01])/.test(path) ? `"${path}" has a "~" that is neither ~0 nor ~1` : undefined;
}

/** The value at a JSON pointer; own properties only, so that no path reaches into what JavaScript adds to an object. */
export function valueAt(value: unknown, path: string): unknown {
  if (path === '' || path === '/') return path === '' ? value : own(value, '');
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(own, value);
}

function own(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(key) ? (value as unknown[])[Number(key)] : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
