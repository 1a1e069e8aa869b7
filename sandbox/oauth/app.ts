import { randomText, type Random } from '../platform/random.js';

/** The app under test, which is installed in all portals. */
export interface AppCredentials {
  appId: number;
  clientId: string;
  clientSecret: string;
  /** The registered redirect addresses; when there are none, any address is accepted. */
  redirectUris: readonly string[];
}

/** The app under test. After a rotation of its client secret, the old ones are valid until they are retired. */
export class App {
  readonly appId: number;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  /** The newest secret first. */
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

  /** The secret that HubSpot signs its calls with. */
  get secret(): string {
    return this.secrets[0] ?? '';
  }

  get secretCount(): number {
    return this.secrets.length;
  }

  accepts(secret: string): boolean {
    return this.secrets.includes(secret);
  }

  /** Signs with the new secret from now on; the old ones stay valid. */
  rotate(secret: string | undefined): string {
    const made = secret ?? randomText(this.random, 36);
    this.secrets = [made, ...this.secrets.filter((old) => old !== made)];
    return made;
  }

  /** Ends the validity of all secrets but the newest, and returns how many they were. */
  retireOldSecrets(): number {
    const retired = this.secrets.length - 1;
    this.secrets.length = 1;
    return retired;
  }
}
