import { createHideSecrets, type HideSecrets } from './hideSecrets.js';
import { Secret } from './secret.js';

/** Secrets that come and go, and are hidden while somebody uses them. */
export interface SecretsInUse {
  readonly hide: HideSecrets;
  /** They are hidden until what is returned is called. */
  use(secrets: readonly Secret[]): () => void;
}

export function createSecretsInUse(): SecretsInUse {
  const users = new Map<string, number>();
  let hideAll: HideSecrets = (text) => text;

  function count(values: readonly string[], more: 1 | -1): void {
    for (const value of values) {
      const now = (users.get(value) ?? 0) + more;
      if (now === 0) users.delete(value);
      else users.set(value, now);
    }
    hideAll = createHideSecrets([...users.keys()].map((value) => new Secret(value)));
  }

  return {
    hide: (text) => (users.size === 0 ? text : hideAll(text)),
    use(secrets) {
      const values = secrets.map((secret) => secret.reveal());
      if (values.length === 0) return () => undefined;
      count(values, 1);
      let isOver = false;
      return () => {
        if (!isOver) count(values, -1);
        isOver = true;
      };
    },
  };
}
