import type { ChangeHandler } from '../client/changeHandler.js';
import { notePlace } from '../place.js';

/**
 * Declares a handler of the feed of changes, for `on` of `defineConfig`: workers call it.
 *
 * ```ts
 * export const warehouse = onChange({
 *   consumer: 'warehouse',
 *   wants: { objectTypes: ['contacts'] },
 *   async handle(changes, { signal }) {
 *     await store(changes, { signal });
 *   },
 * });
 * ```
 */
export function onChange(handler: ChangeHandler): ChangeHandler {
  if (typeof handler === 'object' && (handler as unknown) !== null) notePlace(handler);
  return handler;
}
