/*
 * The definition of a workflow action as HubSpot has it (docs/hubspot.md#custom-workflow-actions): what its definitions
 * API takes, and with other words around it a file of a project.
 */

/** A choice of a drop-down. */
export interface HubSpotOption {
  readonly value: string;
  readonly label: string;
  readonly description?: string | undefined;
}

/** What a field is. `options` is there even where it can have none: HubSpot requires it. */
export interface FieldTypeDefinition {
  readonly name: string;
  readonly type: string;
  readonly fieldType?: string | undefined;
  readonly options: readonly HubSpotOption[];
  /** Where HubSpot fetches the options when somebody opens the drop-down. */
  readonly optionsUrl?: string | undefined;
  /** `OWNER`: the value is the id of one. */
  readonly referencedObjectType?: string | undefined;
}

/** A field that people fill in. */
export interface HubSpotInputField {
  readonly typeDefinition: FieldTypeDefinition;
  /** `STATIC_VALUE`: people write it. `OBJECT_PROPERTY`: it is taken from the record. */
  readonly supportedValueTypes: readonly string[];
  readonly isRequired: boolean;
}

/** A field with which a workflow goes on. */
export interface HubSpotOutputField {
  readonly typeDefinition: FieldTypeDefinition;
}

/** What HubSpot says of an execution whose outputs have these values. */
export interface ExecutionRule {
  readonly labelName: string;
  readonly conditions: Readonly<Record<string, readonly string[]>>;
}

/** Fields that wait until another one is filled in, or has a value. */
export interface FieldDependency {
  /** `SINGLE_FIELD` or `CONDITIONAL_SINGLE_FIELD`. */
  readonly dependencyType: string;
  readonly controllingFieldName: string;
  readonly controllingFieldValue?: string | undefined;
  readonly dependentFieldNames: readonly string[];
}

type Texts = Readonly<Record<string, string>>;

/** What people read, in one language. */
export interface HubSpotLabels {
  readonly actionName: string;
  readonly actionDescription?: string | undefined;
  readonly actionCardContent?: string | undefined;
  readonly appDisplayName?: string | undefined;
  readonly inputFieldLabels?: Texts | undefined;
  readonly inputFieldDescriptions?: Texts | undefined;
  readonly outputFieldLabels?: Texts | undefined;
  readonly executionRules?: Texts | undefined;
}

/** A definition as HubSpot takes it. */
export interface HubSpotDefinition {
  readonly actionUrl: string;
  /** Seen by the accounts that have installed the app; else by developer accounts alone. */
  readonly published: boolean;
  /** Workflows of these types have the action; none named: all. */
  readonly objectTypes: readonly string[];
  /** Code that HubSpot runs around a call. There is none: the handler is the place for it. */
  readonly functions: readonly never[];
  readonly inputFields: readonly HubSpotInputField[];
  readonly outputFields: readonly HubSpotOutputField[];
  readonly executionRules: readonly ExecutionRule[];
  readonly inputFieldDependencies: readonly FieldDependency[];
  /** The properties of the record that come with a call. */
  readonly objectRequestOptions?: { readonly properties: readonly string[] } | undefined;
  /** By language. */
  readonly labels: Readonly<Record<string, HubSpotLabels>>;
}

/** Who may call an action, as a project says it. */
export type SupportedClient =
  | { readonly client: 'WORKFLOWS' }
  | {
      readonly client: 'AGENTS';
      readonly toolType: string;
      readonly llmConfig: { readonly actionDescription: string };
    };

/** What each field that is written without more ado is to HubSpot. */
export const PLAIN_FIELDS = {
  string: { type: 'string', fieldType: 'text' },
  number: { type: 'number', fieldType: 'number' },
  boolean: { type: 'bool', fieldType: 'booleancheckbox' },
  enum: { type: 'enumeration', fieldType: 'select' },
  date: { type: 'date', fieldType: 'date' },
  datetime: { type: 'datetime', fieldType: 'date' },
} as const;

/** A field of a definition, of what is known of it. */
export function typeDefinition(
  name: string,
  kind: keyof typeof PLAIN_FIELDS,
  options: readonly HubSpotOption[] = [],
): FieldTypeDefinition {
  return { name, ...PLAIN_FIELDS[kind], options };
}
