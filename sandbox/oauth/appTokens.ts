import type { Clock } from '../platform/clock.js';
import { randomText, type Random } from '../platform/random.js';

export type AppTokenCheck =
  | { kind: 'valid'; scopes: readonly string[] }
  | { kind: 'expired'; agoMs: number; expiredAtEpochMs: number }
  | { kind: 'missing' }
  | { kind: 'unknown' };

const TOKEN_LENGTH = 292;

/** Tokens of the app itself, which are for no portal: the webhooks journal takes them, and nothing else does. */
export class AppTokens {
  private readonly tokens = new Map<
    string,
    { scopes: readonly string[]; untilMs: number; untilEpochMs: number }
  >();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  get issued(): number {
    return this.tokens.size;
  }

  issue(scopes: readonly string[], lifetimeSeconds: number): string {
    const text = `CSB${randomText(this.random, TOKEN_LENGTH)}`;
    const lifetimeMs = lifetimeSeconds * 1000;
    this.tokens.set(text, {
      scopes,
      untilMs: this.clock.now() + lifetimeMs,
      untilEpochMs: this.clock.epochMs() + lifetimeMs,
    });
    return text;
  }

  check(authorization: string | undefined): AppTokenCheck {
    const text = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (text === undefined) return { kind: 'missing' };
    const token = this.tokens.get(text);
    if (!token) return { kind: 'unknown' };
    const agoMs = this.clock.now() - token.untilMs;
    if (agoMs < 0) return { kind: 'valid', scopes: token.scopes };
    return { kind: 'expired', agoMs, expiredAtEpochMs: token.untilEpochMs };
  }

  /** Ends all of them at once. */
  revokeAll(): void {
    this.tokens.clear();
  }
}
