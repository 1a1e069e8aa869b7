import type { RegisteredType } from './definitions.js';

/** `refused`: something in it is not valid in this portal, and nothing was written; `failed`: it can be resumed. */
export const REGISTRATION_STATES = ['open', 'done', 'failed', 'refused'] as const;
export type RegistrationState = (typeof REGISTRATION_STATES)[number];

/** `intended`: it was sent, or may have been; `ambiguous`: so was a record that HubSpot cannot tell from a repeat. */
export const STEP_STATES = ['intended', 'ambiguous', 'done', 'failed'] as const;
export type StepState = (typeof STEP_STATES)[number];

/** What a registration does, in this order. */
export const STEPS = [
  'check',
  'contact',
  'deals',
  'tickets',
  'contact-deals',
  'contact-tickets',
  'deals-tickets',
] as const;
export type Step = (typeof STEPS)[number];

/** Steps that write records, and of which type. */
export const WRITES = {
  contact: 'contacts',
  deals: 'deals',
  tickets: 'tickets',
} as const satisfies Partial<Record<Step, RegisteredType>>;
export type WritingStep = keyof typeof WRITES;

interface Ends {
  readonly from: WritingStep;
  readonly to: WritingStep;
}

/** Steps that associate each record that one step wrote with each of another. */
export const LINKS = {
  'contact-deals': { from: 'contact', to: 'deals' },
  'contact-tickets': { from: 'contact', to: 'tickets' },
  'deals-tickets': { from: 'deals', to: 'tickets' },
} as const satisfies Partial<Record<Step, Ends>>;
export type LinkingStep = keyof typeof LINKS;

/** Those that are done only if they are asked for: with several deals and tickets not each is meant to have each. */
export const ASKED_LINKS = ['deals-tickets'] as const satisfies readonly LinkingStep[];
export const isAskedFor = (step: LinkingStep, associations: object | undefined): boolean =>
  !(ASKED_LINKS as readonly LinkingStep[]).includes(step) || step in (associations ?? {});

/** A row of a step that HubSpot did not take. */
export interface RowFailure {
  readonly row: number;
  /** That HubSpot objects to, where it names one. */
  readonly property: string | null;
  readonly reason: string;
}
