import type { FallbackReason } from './customEvents.js';

/** What became of one effect of an event with several, as it is stored with the event until all are settled. */
export interface EffectState {
  readonly state: 'done' | 'failed';
  /** HubSpot's id of the record that the effect wrote. */
  readonly objectId?: string;
  /** Of the failure. */
  readonly class?: string;
  /** It is, or is to be, delivered by its fallback: why. A later try keeps to it. */
  readonly fallback?: FallbackReason;
  /** A custom event that HubSpot may have taken at an earlier try: no fallback is delivered beside it. */
  readonly perhapsTaken?: true;
  /** How often in a row it has waited for somebody, with this class (retry.ts). */
  readonly waits?: number;
}

/** By the number of the effect. */
export type EffectStates = Readonly<Record<string, EffectState>>;

/** The states as they are stored; none is stored before the first effect of several is settled. */
export function readEffectStates(stored: unknown): EffectStates {
  return typeof stored === 'object' && stored !== null ? (stored as EffectStates) : {};
}
