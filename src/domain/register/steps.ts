import type { RegisteredType } from './definitions.js';

/** `refused`: something in it is not valid in this portal, and nothing was written; `failed`: it can be resumed. */
export const REGISTRATION_STATES = ['open', 'done', 'failed', 'refused'] as const;
export type RegistrationState = (typeof REGISTRATION_STATES)[number];

/** `intended`: it was sent, or may have been; `ambiguous`: so was a record that HubSpot cannot tell from a repeat. */
export const STEP_STATES = ['intended', 'ambiguous', 'done', 'failed'] as const;
export type StepState = (typeof STEP_STATES)[number];

/** What a registration does, in this order. */
export const STEPS = ['check', 'contact', 'deals', 'tickets', 'contact-deals', 'contact-tickets'] as const;
export type Step = (typeof STEPS)[number];

/** Steps that write records, and of which type. */
export const WRITES = {
  contact: 'contacts',
  deals: 'deals',
  tickets: 'tickets',
} as const satisfies Partial<Record<Step, RegisteredType>>;
export type WritingStep = keyof typeof WRITES;

/** Steps that associate the contact with what another step wrote. */
export const LINKS = {
  'contact-deals': 'deals',
  'contact-tickets': 'tickets',
} as const satisfies Partial<Record<Step, WritingStep>>;

/** A row of a step that HubSpot did not take. */
export interface RowFailure {
  readonly row: number;
  /** That HubSpot objects to, where it names one. */
  readonly property: string | null;
  readonly reason: string;
}
