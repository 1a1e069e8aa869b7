/**
 * What `sluice.config.ts` and the files beside it import: your own actions, event types and handlers of changes, which
 * API, worker and command line know from their start.
 *
 * ```ts
 * import { defineConfig } from 'sluice';
 * import { greet } from './actions/greet.js';
 * import { orderPlaced } from './events/orderPlaced.js';
 *
 * export default defineConfig({ actions: [greet], events: [orderPlaced] });
 * ```
 *
 * @module sluice
 */
export { z } from 'zod';
export { defineConfig } from './definitions/defineConfig.js';
export type { BuiltIns, SluiceConfig, ThrottleQueueField } from './definitions/defineConfig.js';
export * from './actions/actions.js';
export { onChange } from './definitions/onChange.js';
export type { Sink, SinkRecord, SinkResult, Transform, TransformContext } from './definitions/twoWay.js';
export type { AboutChanges, ChangeHandler, RecordChange } from './client/changeHandler.js';
export { defineEvent, EffectsError } from './outbox/registry/eventType.js';
export type { EventContext, EventType, Upgraded } from './outbox/registry/eventType.js';
export type { AnyEventType } from './outbox/registry/registry.js';
export type {
  AppEventFallback,
  AssociationType,
  CrmObject,
  CustomEventFallback,
  Effect,
  Properties,
  RecordRef,
  UniqueValue,
} from '../domain/outbox/effects.js';
export type { Mapping } from '../domain/outbox/mapping/mappingSchema.js';
