import type { IncomingMessage } from 'node:http';

/** Why a body is not read to its end. */
export type GivenUp = 'late' | 'no_room';

export interface BodiesInFlight {
  /**
   * Counts the bytes of a body as they come, for `owner`: whoever is to answer for them. `giveUp` is called at most
   * once, and never after `done`.
   */
  watch(request: IncomingMessage, owner: string, giveUp: (why: GivenUp) => void): { done(): void };
}

interface Options {
  readonly maxBytes: number;
  /** How long a body may take to arrive. */
  readonly deadlineMs: number;
}

interface Body {
  readonly owner: string;
  bytes: number;
  hasArrived: boolean;
  readonly giveUp: (why: GivenUp) => void;
}

/**
 * The bodies that are being read and dealt with, and a ceiling for all of them together. When it is reached, the owner
 * who holds most gives up its largest body: who sends little gets through beside who sends much, however slowly. One
 * that has arrived is being dealt with: it counts until that is over, and those that still arrive give way to it.
 */
export function createBodiesInFlight({ maxBytes, deadlineMs }: Options): BodiesInFlight {
  const bodies = new Set<Body>();
  let bytes = 0;

  function makeRoom(): void {
    while (bytes > maxBytes) {
      const held = new Map<string, number>();
      for (const body of bodies) held.set(body.owner, (held.get(body.owner) ?? 0) + body.bytes);
      const arriving = [...bodies].filter(({ hasArrived }) => !hasArrived);
      if (arriving.length === 0) return;
      const worst = arriving.reduce((most, body) => {
        const more = (held.get(body.owner) ?? 0) - (held.get(most.owner) ?? 0);
        return more > 0 || (more === 0 && body.bytes > most.bytes) ? body : most;
      });
      worst.giveUp('no_room');
    }
  }

  return {
    watch(request, owner, giveUp) {
      const body: Body = {
        owner,
        bytes: 0,
        hasArrived: false,
        giveUp: (why) => {
          leave();
          giveUp(why);
        },
      };
      const timer = setTimeout(() => body.giveUp('late'), deadlineMs).unref();
      const count = (chunk: Buffer) => {
        body.bytes += chunk.length;
        bytes += chunk.length;
        if (bytes > maxBytes) makeRoom();
      };
      const arrived = () => {
        body.hasArrived = true;
        clearTimeout(timer);
      };
      function leave(): void {
        if (!bodies.delete(body)) return;
        bytes -= body.bytes;
        clearTimeout(timer);
        request.off('data', count).off('end', arrived);
      }
      bodies.add(body);
      request.on('data', count).once('end', arrived);
      return { done: leave };
    },
  };
}
