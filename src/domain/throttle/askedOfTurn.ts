import type { Priority } from './priority.js';
import type { QueueBound } from './queueBound.js';
import type { Start } from './startTime.js';

/** What the fields of a step ask for a record's turn, as far as they say something else than nothing. */
export type AskedOfTurn = Partial<QueueBound> & Partial<Start> & { readonly priority?: Priority };
