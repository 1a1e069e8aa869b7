import type { Crm } from '../crm.js';
import { invalid, notFound } from '../errors.js';
import { readFields, readId } from '../input.js';
import type { CrmRecord } from '../record.js';
import type { ObjectType } from '../objectTypes.js';
import type { AssociationType } from './associationTypes.js';

export interface Link {
  to: ObjectType;
  id: number;
  types: AssociationType[];
}

/** The associations of a new record. The type of the other record follows from the association's type only. */
export function readInlineLinks(crm: Crm, from: ObjectType, sent: unknown): Link[] {
  if (sent === undefined || sent === null) return [];
  if (!Array.isArray(sent)) throw invalid('Invalid input JSON: associations must be a list.');
  return sent.map((entry: unknown) => {
    const fields = readFields(entry);
    const id = readId(readFields(fields['to'])['id']);
    const specs = fields['types'];
    if (id === undefined || !Array.isArray(specs) || specs.length === 0) {
      throw invalid('Invalid input JSON: an association needs to.id and types.');
    }
    for (const to of crm.types()) {
      const types = specs.flatMap((spec) => findType(crm, from, to, spec) ?? []);
      if (types.length < specs.length) continue;
      if (!crm.store(to).find(id)) throw notFound(`No ${to.singular} with id ${id} exists.`);
      return { to, id, types };
    }
    throw invalid(`No association of ${from.name} has all of these types: ${JSON.stringify(specs)}`);
  });
}

export function linkInline(crm: Crm, from: ObjectType, record: CrmRecord, links: readonly Link[]): void {
  for (const { to, id, types } of links) crm.associations.replace(from.id, record.id, to.id, id, types);
}

/** By `{associationCategory, associationTypeId}`; both must match. */
export function findType(
  crm: Crm,
  from: ObjectType,
  to: ObjectType,
  spec: unknown,
): AssociationType | undefined {
  const { associationCategory, associationTypeId } = readFields(spec);
  return crm.associations.types.find(from.id, to.id, String(associationCategory), Number(associationTypeId));
}
