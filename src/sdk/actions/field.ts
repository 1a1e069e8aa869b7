import { z } from 'zod';

/** One choice of a drop-down. */
export interface FieldOption {
  /** What people see. */
  readonly label: string;
  /** What the action is called with. */
  readonly value: string;
  /** Shown below the label. */
  readonly description?: string;
}

/** What HubSpot asks when somebody opens a drop-down in the workflow editor. */
export interface OptionsQuery {
  /** HubSpot's number of the portal. */
  readonly portalId: number;
  /** What was typed to search; undefined: nothing. */
  readonly query: string | undefined;
  /** Where the page before ended, as it said; undefined: the first page. */
  readonly after: string | undefined;
  /** The fields of the step that are filled in already, as text. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Aborted when the time for an answer is over. */
  readonly signal: AbortSignal;
}

/** A page of choices. */
export interface OptionsPage {
  /** At most as many as people can look through. */
  readonly options: readonly FieldOption[];
  /** Where the next page begins; undefined: there is none. */
  readonly after?: string;
  /** Whether `query` is searched for; else HubSpot searches in what it got. */
  readonly searchable?: boolean;
}

/** The choices of a drop-down: a list, or what gives a page of them. */
export type Options = readonly FieldOption[] | ((query: OptionsQuery) => Promise<OptionsPage> | OptionsPage);

/** What a field is to HubSpot beyond the type of its values. */
export type FieldKind =
  | { readonly kind: 'select'; readonly options: Options }
  | { readonly kind: 'owner' }
  | { readonly kind: 'property'; readonly objectType: string | undefined };

/** By the schema that `field` made; what zod copies of one (`describe`, `refine`) names it as its parent. */
const kinds = new WeakMap<z.core.$ZodType, FieldKind>();

/** Fields that are more than a text, a number, a switch or a day. */
export const field = {
  /** A drop-down. Where its options are a list, nothing else is taken. */
  select({ options }: { readonly options: Options }): z.ZodType<string, string> {
    const schema =
      typeof options === 'function'
        ? z.string().min(1)
        : z.enum(options.map(({ value }) => value) as [string, ...string[]]);
    kinds.set(schema, { kind: 'select', options });
    return schema;
  },
  /** An owner of the portal; its value is the owner's id. */
  owner(): z.ZodType<string, string> {
    const schema = z.string().regex(/^\d{1,19}$/);
    kinds.set(schema, { kind: 'owner' });
    return schema;
  },
  /** A property of the records of a type (default: those of the workflow); its value is the property's name. */
  property({ objectType }: { readonly objectType?: string } = {}): z.ZodType<string, string> {
    const schema = z.string().regex(/^[a-z0-9_]{1,255}$/i);
    kinds.set(schema, { kind: 'property', objectType });
    return schema;
  },
};

/** What was said of a field by `field`; undefined: its type says all. */
export function fieldKindOf(schema: z.core.$ZodType): FieldKind | undefined {
  let looked: z.core.$ZodType | undefined = withoutWrapping(schema).schema;
  while (looked && !kinds.has(looked)) looked = looked._zod.parent;
  return looked && kinds.get(looked);
}

/** The schema within `optional`, `nullable`, `default` and the like, and whether it may be left out. */
export function withoutWrapping(schema: z.core.$ZodType): {
  readonly schema: z.core.$ZodType;
  readonly isRequired: boolean;
} {
  const def = schema._zod.def as { readonly type: string; readonly innerType?: z.core.$ZodType };
  if (def.innerType !== undefined && WRAPPINGS.has(def.type)) {
    const inner = withoutWrapping(def.innerType);
    return { schema: inner.schema, isRequired: inner.isRequired && !MAY_BE_LEFT_OUT.has(def.type) };
  }
  const { in: piped } = def as { readonly in?: z.core.$ZodType };
  if (def.type === 'pipe' && piped !== undefined) return withoutWrapping(piped);
  return { schema, isRequired: true };
}

const MAY_BE_LEFT_OUT = new Set(['optional', 'default', 'prefault', 'catch']);
const WRAPPINGS = new Set([...MAY_BE_LEFT_OUT, 'nullable', 'nonoptional', 'readonly']);
