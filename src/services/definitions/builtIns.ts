import type { BuiltIns } from '../../sdk/definitions/defineConfig.js';
import { generic } from '../../sdk/outbox/registry/generic.js';
import type { AnyEventType } from '../../sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../sdk/outbox/registry/shipped.js';

/** The event types that are there without anybody's doing. */
export function builtInEvents({ driverEvents = true }: BuiltIns = {}): readonly AnyEventType[] {
  return driverEvents ? SHIPPED : [generic];
}
