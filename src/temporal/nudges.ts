/*
 * Signals that say no more than "look". Whoever sends one has committed before, so one that is sent afterwards is
 * enough for all who asked until then. Each is an event of the workflow's history and costs a task, and where no worker
 * runs they pile up: Temporal refuses them from 10,000 of a run on, and a worker that gets thousands at once may not
 * live through it.
 */

export interface Nudges {
  /** Resolves when a signal has been sent that was not sent before this call: by this one, or by one for many. */
  send(key: string, signal: () => Promise<boolean>): Promise<boolean>;
}

/**
 * The first goes at once. Those that come while it is out, or within the pause after it, share the next one. The pause
 * grows for as long as somebody asks within it.
 */
const PAUSE_MS = { first: 1000, most: 10_000 };

interface Line {
  readonly last: Promise<unknown>;
  /** Not sent yet: whoever comes joins it. */
  next: Promise<boolean> | undefined;
  readonly pauseMs: number;
}

export function createNudges(pauseMs = PAUSE_MS): Nudges {
  const lines = new Map<string, Line>();

  function sendNow(key: string, signal: () => Promise<boolean>, thenPauseMs: number): Promise<boolean> {
    const sent = signal();
    // A failed one has told nobody: those who come after it need not wait.
    const over = sent.then(
      () => pause(thenPauseMs),
      () => undefined,
    );
    const line: Line = { last: over, next: undefined, pauseMs: thenPauseMs };
    lines.set(key, line);
    void over.then(() => {
      if (lines.get(key) === line && !line.next) lines.delete(key);
    });
    return sent;
  }

  return {
    send(key, signal) {
      const line = lines.get(key);
      if (!line) return sendNow(key, signal, pauseMs.first);
      const nextPauseMs = Math.min(2 * line.pauseMs, pauseMs.most);
      line.next ??= line.last.then(() => sendNow(key, signal, nextPauseMs));
      return line.next;
    },
  };
}

/** Keeps no process alive that has nothing else to do: the reconciler makes up for a nudge that is lost with it. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
