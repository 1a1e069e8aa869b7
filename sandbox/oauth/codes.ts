import type { Clock } from '../platform/clock.js';
import type { Portal } from '../portals/portal.js';
import { randomText, type Random } from '../platform/random.js';

const LIFETIME_MS = 10 * 60_000;

/** What was allowed on the authorize page, until the app exchanges the code. */
export interface Authorization {
  portal: Portal;
  redirectUri: string;
  scopes: readonly string[];
  codeChallenge: string | undefined;
}

/** Authorization codes: valid once, for ten minutes. */
export class Codes {
  private readonly pending = new Map<string, Authorization & { expiresAtMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  issue(authorization: Authorization): string {
    const code = `na1-${randomText(this.random, 36)}`;
    this.pending.set(code, { ...authorization, expiresAtMs: this.clock.now() + LIFETIME_MS });
    return code;
  }

  /** The portal that a code is for, without using the code up. */
  portalOf(code: string): Portal | undefined {
    return this.pending.get(code)?.portal;
  }

  /** Uses the code up, even if the exchange is refused afterwards. */
  take(code: string): Authorization | undefined {
    const found = this.pending.get(code);
    this.pending.delete(code);
    return found && this.clock.now() < found.expiresAtMs ? found : undefined;
  }
}
