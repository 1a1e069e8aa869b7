import type { Play } from './crashRoom.js';

/**
 * What a person asks of an API that may die of it. An answer that does not come says nothing: where `stands` does not
 * find what was asked for, it is asked for again; where it does, the service has to bring it to its end by itself.
 */
export function asked(
  ask: () => Promise<unknown>,
  { stands, isDone = stands }: { stands: () => Promise<boolean>; isDone?: () => Promise<boolean> },
): Pick<Play, 'begin' | 'ended'> {
  const tried = async (): Promise<void> => {
    try {
      await ask();
    } catch {
      // The API is dead, or says no: `stands` tells what is.
    }
  };
  let isAsked = false;
  return {
    async begin() {
      await tried();
      isAsked = true;
    },
    async ended() {
      if (!isAsked) return false;
      if (!(await stands())) await tried();
      return isDone();
    },
  };
}
