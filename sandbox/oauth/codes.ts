import type { Clock } from '../platform/clock.js';
import type { Portal } from '../portals/portal.js';
import { randomText, type Random } from '../platform/random.js';

const LIFETIME_MS = 10 * 60_000;

/** What somebody allowed on the authorize page, until the app fetches it. */
export interface Authorization {
  portal: Portal;
  redirectUri: string;
  scopes: readonly string[];
  codeChallenge: string | undefined;
}

/** Authorization codes: good once, and for ten minutes. */
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

  /** Whose it is, without using it up. */
  portalOf(code: string): Portal | undefined {
    return this.pending.get(code)?.portal;
  }

  /** Uses the code up, whatever then becomes of the exchange. */
  take(code: string): Authorization | undefined {
    const found = this.pending.get(code);
    this.pending.delete(code);
    return found && this.clock.now() < found.expiresAtMs ? found : undefined;
  }
}
