import type { CrmRecord, Version } from './record.js';
import type { ObjectType } from './objectTypes.js';

/** The value of a property, including those that HubSpot computes: id, creation, last modification. */
export function valueOf(
  type: ObjectType,
  record: Pick<CrmRecord, 'id' | 'createdAtMs'>,
  version: Version,
  name: string,
): string | undefined {
  switch (name) {
    case 'hs_object_id':
      return String(record.id);
    case type.createdName:
      return new Date(record.createdAtMs).toISOString();
    case type.modifiedName:
      return new Date(version.updatedAtMs).toISOString();
    default:
      return version.properties[name];
  }
}
