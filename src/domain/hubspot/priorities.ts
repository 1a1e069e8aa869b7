/** How urgent a request to HubSpot is, the most urgent first. */
export const PRIORITIES = ['completion', 'interactive', 'outbox', 'sync', 'backfill'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Completions go before all others, and as fast as the limit allows. The others are paced. */
export const PACED = ['interactive', 'outbox', 'sync', 'backfill'] as const satisfies readonly Priority[];
export type PacedPriority = (typeof PACED)[number];

/**
 * In this proportion the paced priorities share what completions leave. A share that a priority does not need goes to
 * the others. The database gives slots out in the same proportion (exchange_slots), so that it holds over all
 * processes.
 */
export const WEIGHTS: Record<PacedPriority, number> = {
  interactive: 8,
  outbox: 4,
  sync: 2,
  backfill: 1,
};

/** Nobody waits for its answer: it gives way, and comes again. */
export const isBackground = (priority: Priority): boolean => priority === 'sync' || priority === 'backfill';
