/** A type of associations, as seen from one side. */
export interface AssociationType {
  category: 'HUBSPOT_DEFINED' | 'USER_DEFINED';
  typeId: number;
  label: string | null;
  /** The type's id as seen from the other side. */
  inverse: number;
}

const pair = (
  from: string,
  to: string,
  typeId: number,
  inverse: number,
  label: string | null = null,
  inverseLabel: string | null = label,
) => ({ from, to, typeId, inverse, label, inverseLabel });

/** HubSpot's own types (docs/hubspot.md#associations). The first entry for two types of records has no label. */
const DEFINED = [
  pair('0-1', '0-2', 279, 280),
  pair('0-1', '0-2', 1, 2, 'Primary'),
  pair('0-3', '0-1', 3, 4),
  pair('0-3', '0-2', 341, 342),
  pair('0-3', '0-2', 5, 6, 'Primary'),
  pair('0-1', '0-5', 15, 16),
  pair('0-5', '0-2', 339, 340),
  pair('0-5', '0-2', 26, 25, 'Primary'),
  pair('0-3', '0-5', 27, 28),
  pair('0-1', '0-1', 449, 449),
  pair('0-2', '0-2', 450, 450),
  pair('0-2', '0-2', 14, 13, 'Child Company', 'Parent Company'),
  pair('0-3', '0-3', 451, 451),
  pair('0-5', '0-5', 452, 452),
  pair('0-46', '0-1', 202, 201),
  pair('0-46', '0-2', 190, 189),
  pair('0-46', '0-3', 214, 213),
  pair('0-46', '0-5', 228, 227),
  pair('0-27', '0-1', 204, 203),
  pair('0-27', '0-2', 192, 191),
  pair('0-27', '0-3', 216, 215),
  pair('0-27', '0-5', 230, 229),
];

const FIRST_CUSTOM_ID = 36;

/** The types of associations in a portal: HubSpot's own, and labels that were created there. */
export class AssociationTypes {
  private readonly byDirection = new Map<string, AssociationType[]>();
  private nextId = FIRST_CUSTOM_ID;

  constructor() {
    for (const { from, to, typeId, inverse, label, inverseLabel } of DEFINED) {
      this.put(from, to, { category: 'HUBSPOT_DEFINED', typeId, label, inverse });
      if (inverse === typeId) continue;
      this.put(to, from, {
        category: 'HUBSPOT_DEFINED',
        typeId: inverse,
        label: inverseLabel,
        inverse: typeId,
      });
    }
  }

  between(from: string, to: string): readonly AssociationType[] {
    return this.byDirection.get(`${from}>${to}`) ?? [];
  }

  /** The type without a label, which every association has. */
  unlabelled(from: string, to: string): AssociationType | undefined {
    return this.between(from, to).find(({ label }) => label === null);
  }

  find(from: string, to: string, category: string, typeId: number): AssociationType | undefined {
    return this.between(from, to).find((type) => type.category === category && type.typeId === typeId);
  }

  byId(from: string, to: string, typeId: number): AssociationType | undefined {
    return this.between(from, to).find((type) => type.typeId === typeId);
  }

  /** The type without a label between two types of records that HubSpot has none for. */
  connect(from: string, to: string): AssociationType {
    const known = this.unlabelled(from, to);
    if (known) return known;
    const typeId = this.nextId++;
    const inverse = from === to ? typeId : this.nextId++;
    const made: AssociationType = { category: 'USER_DEFINED', typeId, label: null, inverse };
    this.put(from, to, made);
    if (from !== to) this.put(to, from, { ...made, typeId: inverse, inverse: typeId });
    return made;
  }

  /** Adds a label as seen from `from`, with `inverseLabel` for the other side where that differs. */
  addLabel(from: string, to: string, label: string, inverseLabel: string | undefined): AssociationType[] {
    const typeId = this.nextId++;
    const inverse = from === to && inverseLabel === undefined ? typeId : this.nextId++;
    const made: AssociationType = { category: 'USER_DEFINED', typeId, label, inverse };
    this.put(from, to, made);
    if (inverse === typeId) return [made];
    const back: AssociationType = {
      category: 'USER_DEFINED',
      typeId: inverse,
      label: inverseLabel ?? label,
      inverse: typeId,
    };
    this.put(to, from, back);
    return from === to ? [made, back] : [made];
  }

  private put(from: string, to: string, type: AssociationType): void {
    const key = `${from}>${to}`;
    this.byDirection.set(key, [...(this.byDirection.get(key) ?? []), type]);
  }
}
