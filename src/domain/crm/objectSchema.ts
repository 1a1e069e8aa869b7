/** A custom object as its portal defines it, by its id (`2-3465404`). Nothing stored names it otherwise. */
export interface ObjectSchema {
  readonly objectType: string;
  /** Unique among those of the portal that are not archived: `cars`. */
  readonly name: string;
  /** `p62515_cars`. */
  readonly fullyQualifiedName: string;
  readonly singular: string | null;
  readonly plural: string | null;
  readonly archived: boolean;
}

/** What people read. */
export const labelOf = ({ plural, singular, name }: ObjectSchema): string => plural ?? singular ?? name;

/**
 * Those that somebody may mean who names one: by its full name, else by its name or one of its labels, however large
 * its letters. One that is archived is meant where no other is.
 */
export function schemasNamed(schemas: readonly ObjectSchema[], named: string): readonly ObjectSchema[] {
  const live = schemas.filter(({ archived }) => !archived);
  for (const those of [live, schemas])
    for (const namesOf of [fullName, everyName]) {
      const found = those.filter((one) => namesOf(one).some((name) => isSame(name, named)));
      if (found.length > 0) return found;
    }
  return [];
}

const fullName = ({ fullyQualifiedName }: ObjectSchema) => [fullyQualifiedName];
const everyName = ({ name, singular, plural }: ObjectSchema) => [name, singular ?? '', plural ?? ''];

const plain = (text: string) => text.normalize('NFC').trim().toLowerCase();
const isSame = (name: string, named: string) => name !== '' && plain(name) === plain(named);
