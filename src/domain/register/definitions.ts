import type { AssociationType } from '../outbox/effects.js';

/* What a portal says of the records that may be registered in it. */

/** A value that a property may have, a pipeline or a stage. */
export interface Option {
  /** Of a pipeline or stage: its id. */
  readonly value: string;
  readonly label: string;
}

export interface WritableProperty {
  readonly name: string;
  readonly type: string;
  readonly fieldType: string;
  /** None of them: HubSpot keeps its values elsewhere (owners, pipelines), and says itself which there are. */
  readonly options: readonly Option[];
  readonly readOnly: boolean;
  readonly archived: boolean;
}

export interface Pipeline extends Option {
  readonly stages: readonly Option[];
}

/** A label that associations of two types may have. */
export interface LabelDefinition extends AssociationType {
  readonly label: string;
}

export interface Definitions {
  readonly properties: ReadonlyMap<string, WritableProperty>;
  /** Of deals and tickets. */
  readonly pipelines: readonly Pipeline[];
}

export const REGISTERED_TYPES = ['contacts', 'deals', 'tickets'] as const;
export type RegisteredType = (typeof REGISTERED_TYPES)[number];

/** What is wrong with a field, `deals.0.amount`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** How a field was understood, where that is not plain. */
export type Note = Problem;
