import { LATER } from './laterKinds.js';
import { URGENT } from './urgentKinds.js';

/*
 * What somebody has to know of or do something about, as a closed vocabulary: the API, the command line and pages say
 * the same of it. Rooms find the things (their `attention`); what a thing of a kind means, and what mends it, stands
 * here.
 */

/** The kinds, the most urgent first. */
export const ATTENTION = { ...URGENT, ...LATER } as const;

export type AttentionKind = keyof typeof ATTENTION;
export const ATTENTION_KINDS = Object.keys(ATTENTION) as [AttentionKind, ...AttentionKind[]];
