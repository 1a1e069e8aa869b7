/**
 * Places that steps of registrations have in this process: a portal holds so many at most, so that one whose answers
 * do not come leaves the others theirs. Where they are taken, a few wait in line for the next: those that are open
 * longest. The others come again, those that are open longest first.
 */
export interface PortalLine {
  /** Undefined: there is none free. Else to be called when the step has ended. */
  take(portalId: number, registrationId: string): (() => void) | undefined;
  /** Waits for the next one. */
  wait(portalId: number, who: Waiting): Promise<Turn>;
}

export interface Waiting {
  readonly registrationId: string;
  /** Since when it is open. */
  readonly sinceMs: number;
}

export type Turn = { readonly leave: () => void } | { readonly againInMs: number };

interface Options {
  readonly mostOfPortal: number;
  readonly mostWaiting: number;
  /** Nobody stands in line for longer. */
  readonly waitMs?: number;
  readonly random?: () => number;
}

interface Standing extends Waiting {
  readonly settle: (turn: Turn) => void;
  readonly timer: NodeJS.Timeout;
}

interface Line {
  taken: number;
  /** The one that is open longest first. */
  standing: Standing[];
  /** Those that were sent away: since when each is open, and until when it is expected. */
  readonly away: Map<string, { readonly sinceMs: number; readonly untilMs: number }>;
}

const WAIT_MS = 5000;
const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 30_000;
/** Of a portal; who else is sent away counts for none. */
const MOST_AWAY = 10_000;

export function createPortalLine({
  mostOfPortal,
  mostWaiting,
  waitMs = WAIT_MS,
  random = Math.random,
}: Options): PortalLine {
  const lines = new Map<number, Line>();

  function lineOf(portalId: number): Line {
    const known = lines.get(portalId);
    if (known) return known;
    const line: Line = { taken: 0, standing: [], away: new Map() };
    lines.set(portalId, line);
    return line;
  }

  function taken(portalId: number, line: Line): () => void {
    line.taken += 1;
    return () => {
      line.taken -= 1;
      const next = line.standing.shift();
      if (next) settled(next, { leave: taken(portalId, line) });
      else if (line.taken === 0) lines.delete(portalId);
    };
  }

  function take(portalId: number, registrationId: string): (() => void) | undefined {
    const line = lineOf(portalId);
    line.away.delete(registrationId);
    return line.taken < mostOfPortal ? taken(portalId, line) : undefined;
  }

  function settled({ timer, settle }: Standing, turn: Turn): void {
    clearTimeout(timer);
    settle(turn);
  }

  /** The longer one is open among those that are away, the sooner it comes again. */
  function sendAway(line: Line, one: Standing): void {
    const now = performance.now();
    let older = 0;
    for (const [id, { sinceMs, untilMs }] of line.away)
      if (untilMs < now) line.away.delete(id);
      else if (sinceMs < one.sinceMs) older += 1;
    const pauseMs = Math.min(MOST_PAUSE_MS, FIRST_PAUSE_MS * (1 + older / mostWaiting));
    const againInMs = Math.round(pauseMs * (0.75 + random() / 2));
    if (line.away.size < MOST_AWAY)
      line.away.set(one.registrationId, { sinceMs: one.sinceMs, untilMs: now + 2 * againInMs });
    settled(one, { againInMs });
  }

  return {
    take,
    wait(portalId, who) {
      const leave = take(portalId, who.registrationId);
      if (leave) return Promise.resolve({ leave });
      const line = lineOf(portalId);
      return new Promise((settle) => {
        const timer = setTimeout(() => {
          line.standing = line.standing.filter((other) => other !== one);
          sendAway(line, one);
        }, waitMs);
        const one: Standing = { ...who, settle, timer };
        const at = line.standing.findIndex(({ sinceMs }) => sinceMs > one.sinceMs);
        line.standing.splice(at < 0 ? line.standing.length : at, 0, one);
        const last = line.standing.length > mostWaiting ? line.standing.pop() : undefined;
        if (last) sendAway(line, last);
      });
    },
  };
}
