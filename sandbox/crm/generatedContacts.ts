import type { CrmRecord, Version } from './record.js';

const FIRST_NAMES =
  'Ada Alan Barbara Claude Donald Edsger Frances Grace Hedy Ivan Jean John Katherine Linus'.split(' ');
const LAST_NAMES =
  'Allen Backus Dijkstra Goldberg Hamilton Hopper Johnson Knuth Lamarr Lovelace Turing'.split(' ');
const CITIES = 'Basel Berlin Bern Dublin Lisbon Lyon Oslo Porto Turin Vienna Zurich'.split(' ');
const STAGES = 'subscriber lead opportunity customer'.split(' ');
const COMPANIES = 'Acme Bolt Cargo Delta Ember Forge Granit Harbor'.split(' ');
const APART_MS = 250;
const IDS_APART = 3;
const EMAIL = /^[a-z]+\.[a-z]+\.(\d{1,9})@/;

export interface GeneratedPlan {
  seed: number;
  count: number;
  firstId: number;
  /** The contacts were created before this, one after the other. */
  untilMs: number;
}

/**
 * Contacts that take no memory until somebody changes them: what the n-th one is follows from the seed. Ids and times
 * ascend with n. A record that was changed or removed is `touched`, and is looked for elsewhere from then on.
 */
export class GeneratedContacts {
  readonly count: number;
  private readonly flags: Uint8Array;
  private left: number;

  constructor(private readonly plan: GeneratedPlan) {
    this.count = plan.count;
    this.flags = new Uint8Array(plan.count);
    this.left = plan.count;
  }

  /** The same contacts, of which none is touched: what others keep of them may lag behind. */
  fresh(): GeneratedContacts {
    return new GeneratedContacts(this.plan);
  }

  get untouched(): number {
    return this.left;
  }

  /** The first id after those of all generated contacts. */
  get endId(): number {
    return this.idOf(this.count);
  }

  idOf(n: number): number {
    return this.plan.firstId + n * IDS_APART;
  }

  timeOf(n: number): number {
    return this.plan.untilMs - (this.count - n) * APART_MS;
  }

  /** The number of the contact with this id, touched or not; undefined if it is none of these. */
  numberOf(id: number): number | undefined {
    const n = (id - this.plan.firstId) / IDS_APART;
    return Number.isInteger(n) && n >= 0 && n < this.count ? n : undefined;
  }

  /** The number of the first contact with this id or a larger one. */
  firstFrom(id: number): number {
    return clamp(Math.ceil((id - this.plan.firstId) / IDS_APART), this.count);
  }

  /** The number of the first contact of this time or a later one. */
  firstSince(atMs: number): number {
    return clamp(Math.ceil((atMs - this.plan.untilMs) / APART_MS) + this.count, this.count);
  }

  isTouched(n: number): boolean {
    return this.flags[n] === 1;
  }

  touch(n: number): void {
    if (this.isTouched(n)) return;
    this.flags[n] = 1;
    this.left -= 1;
  }

  versionOf(n: number): Version {
    return new GeneratedVersion(this, n);
  }

  recordOf(n: number): CrmRecord {
    return {
      id: this.idOf(n),
      createdAtMs: this.timeOf(n),
      version: this.versionOf(n),
      archivedAtMs: undefined,
      setAt: undefined,
      past: undefined,
    };
  }

  /** The number of the untouched contact with this address. */
  numberOfEmail(email: string): number | undefined {
    const n = Number(EMAIL.exec(email)?.[1] ?? NaN);
    if (!(n < this.count) || this.isTouched(n)) return undefined;
    return this.propertiesOf(n)['email'] === email ? n : undefined;
  }

  propertiesOf(n: number): Readonly<Record<string, string>> {
    const draw = drawer(this.plan.seed, n);
    const [firstname, lastname] = [draw(FIRST_NAMES), draw(LAST_NAMES)];
    return {
      email: `${firstname}.${lastname}.${n}@example.com`.toLowerCase(),
      firstname,
      lastname,
      phone: `+41 44 ${String(1_000_000 + n)}`,
      city: draw(CITIES),
      company: draw(COMPANIES),
      lifecyclestage: draw(STAGES),
      numemployees: String(1 + (n % 500)),
    };
  }
}

/** Its values are made when they are read. */
class GeneratedVersion implements Version {
  readonly updatedAtMs: number;

  constructor(
    private readonly contacts: GeneratedContacts,
    private readonly n: number,
  ) {
    this.updatedAtMs = contacts.timeOf(n);
  }

  get properties(): Readonly<Record<string, string>> {
    return this.contacts.propertiesOf(this.n);
  }
}

/** Draws from lists, the same ones for the same seed and number. */
function drawer(seed: number, n: number): (from: readonly string[]) => string {
  let state = Math.imul(seed ^ (n + 0x9e3779b9), 0x85ebca6b) >>> 0;
  return (from) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
    state = (state ^ (state >>> 12)) >>> 0;
    return from[state % from.length] ?? '';
  };
}

function clamp(n: number, count: number): number {
  return Math.max(0, Math.min(count, n));
}
