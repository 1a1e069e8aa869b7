import { randomText, type Random } from '../platform/random.js';

/** The app that is installed in all portals: the one under test. */
export interface AppCredentials {
  appId: number;
  clientId: string;
  clientSecret: string;
  /** The redirect addresses that the app has registered; any is taken when there are none. */
  redirectUris: readonly string[];
}

/** The app as it is now: its client secret can be rotated, and until the old one is retired both open the door. */
export class App {
  readonly appId: number;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  /** The newest first. */
  private secrets: string[];

  constructor(
    credentials: AppCredentials,
    private readonly random: Random,
  ) {
    this.appId = credentials.appId;
    this.clientId = credentials.clientId;
    this.redirectUris = credentials.redirectUris;
    this.secrets = [credentials.clientSecret];
  }

  /** What HubSpot signs its calls with. */
  get secret(): string {
    return this.secrets[0] ?? '';
  }

  get secretCount(): number {
    return this.secrets.length;
  }

  accepts(secret: string): boolean {
    return this.secrets.includes(secret);
  }

  /** From now on signatures are made with the new secret; the old ones stay valid. */
  rotate(secret: string | undefined): string {
    const made = secret ?? randomText(this.random, 36);
    this.secrets = [made, ...this.secrets.filter((old) => old !== made)];
    return made;
  }

  /** How many secrets are valid no longer. */
  retireOldSecrets(): number {
    const retired = this.secrets.length - 1;
    this.secrets.length = 1;
    return retired;
  }
}
