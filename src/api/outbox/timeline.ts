import type { EventDetail } from '../../db/outbox/events.js';

export interface EffectView {
  /** Which of the event's effects. */
  readonly n: number;
  readonly state: string;
  readonly objectId: string | null;
  readonly errorClass: string | null;
  /** Why its fallback is delivered in place of a custom event; null: it is not. */
  readonly fallback: string | null;
  /** Answers that were lost: each may have made one record more in HubSpot. */
  readonly ambiguous: number;
}

/** The states of an event's effects. What was done in one go by an event with one effect is not kept apart. */
export function effectsOf(event: EventDetail): EffectView[] {
  const states = (event.effects ?? {}) as Record<
    string,
    { state?: string; objectId?: string; class?: string; fallback?: string }
  >;
  const numbers = new Set([...Object.keys(states).map(Number), ...event.ledger.map(({ n }) => n)]);
  if (numbers.size === 0 && event.state === 'processed') numbers.add(0);
  return [...numbers]
    .sort((a, b) => a - b)
    .map((n) => {
      const known = states[String(n)];
      const entry = event.ledger.find((one) => one.n === n);
      return {
        n,
        state: known?.state ?? entry?.state ?? (event.state === 'processed' ? 'done' : 'pending'),
        objectId: known?.objectId ?? entry?.objectId ?? null,
        errorClass: known?.class ?? null,
        fallback: known?.fallback ?? null,
        ambiguous: entry?.ambiguous ?? 0,
      };
    });
}

export interface TimelineEntry {
  readonly at: Date;
  readonly what: 'captured' | 'failed' | 'redriven' | 'replayed' | 'sent' | 'processed' | 'next attempt';
  readonly detail?: string;
}

/** What happened to an event, oldest first, and what comes next. */
export function timelineOf(event: EventDetail): TimelineEntry[] {
  const past: TimelineEntry[] = [
    { at: event.capturedAt, what: 'captured' },
    ...event.ledger.map(({ sentAt, n, state, ambiguous }) => ({
      at: sentAt,
      what: 'sent' as const,
      detail: `effect ${n}: ${state}${ambiguous > 0 ? `, ${ambiguous} answers lost` : ''}`,
    })),
    ...event.failedAttempts.map(({ at, n, errorClass, message, correlationId }) => ({
      at,
      what: 'failed' as const,
      detail: `try ${n}, ${errorClass}: ${message}${correlationId === null ? '' : ` (HubSpot ${correlationId})`}`,
    })),
    ...event.redriven.map(({ at, kind, moved, requestedBy, redriveId }) => ({
      at,
      what: kind === 'dry_run' ? ('replayed' as const) : ('redriven' as const),
      detail: `by ${requestedBy}, redrive ${redriveId}${moved ? '' : ': it is still invalid, and stays a dead letter'}`,
    })),
    ...(event.processedAt
      ? [{ at: event.processedAt, what: 'processed' as const, detail: event.mode ?? 'live' }]
      : []),
  ];
  past.sort((a, b) => a.at.getTime() - b.at.getTime());
  return event.nextAttemptAt ? [...past, { at: event.nextAttemptAt, what: 'next attempt' }] : past;
}
