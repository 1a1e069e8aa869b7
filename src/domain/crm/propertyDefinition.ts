import { createHash } from 'node:crypto';

/** What a portal says of a property. All text is as the mirror keeps it (storedText.ts). */
export interface PropertyDefinition {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly fieldType: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** HubSpot computes it: it changes without a new time of modification. */
  readonly calculated: boolean;
  readonly dataSensitivity: string;
}

/** A version of it that the mirror knows. */
export interface KnownDefinition {
  readonly name: string;
  readonly version: number;
  readonly archived: boolean;
  readonly hash: Buffer;
  readonly type: string;
}

export interface DefinitionChanges {
  /** New names, and those that were archived and are back. */
  readonly appeared: readonly PropertyDefinition[];
  readonly changed: readonly PropertyDefinition[];
  readonly vanished: readonly string[];
}

const HASH_BYTES = 16;

/** Equal where, and only where, two definitions are. */
export function hashOfDefinition(definition: PropertyDefinition): Buffer {
  const { name, label, type, fieldType, options, calculated, dataSensitivity } = definition;
  const all = [
    ...[name, label, type, fieldType, calculated, dataSensitivity],
    ...[options.map(({ value, label: of }) => [value, of])],
  ];
  return createHash('sha256').update(JSON.stringify(all)).digest().subarray(0, HASH_BYTES);
}

/** What is different in what a portal says now. */
export function definitionChanges(
  known: ReadonlyMap<string, KnownDefinition>,
  now: readonly PropertyDefinition[],
): DefinitionChanges {
  const names = new Set(now.map(({ name }) => name));
  const stands = (name: string) => known.get(name)?.archived === false;
  return {
    appeared: now.filter(({ name }) => !stands(name)),
    changed: now.filter(
      (one) => stands(one.name) && !known.get(one.name)?.hash.equals(hashOfDefinition(one)),
    ),
    vanished: [...known.values()]
      .filter((one) => !one.archived && !names.has(one.name))
      .map(({ name }) => name),
  };
}
