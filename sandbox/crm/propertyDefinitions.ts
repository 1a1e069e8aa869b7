import type { ObjectType } from './objectTypes.js';

export type PropertyType =
  'string' | 'number' | 'date' | 'datetime' | 'enumeration' | 'bool' | 'phone_number';

export interface Option {
  label: string;
  value: string;
  displayOrder: number;
  hidden: boolean;
  description?: string;
}

/** A property, as the API answers it. */
export interface Property {
  name: string;
  label: string;
  type: PropertyType;
  fieldType: string;
  groupName: string;
  description: string;
  options: Option[];
  displayOrder: number;
  hasUniqueValue: boolean;
  hidden: boolean;
  formField: boolean;
  calculated: boolean;
  /** How a calculated property comes to its value. */
  calculationFormula?: string;
  externalOptions: boolean;
  hubspotDefined: boolean;
  dataSensitivity: 'non_sensitive' | 'sensitive' | 'highly_sensitive';
  modificationMetadata: { archivable: boolean; readOnlyDefinition: boolean; readOnlyValue: boolean };
  archived: boolean;
  archivedAt?: string;
  createdAt: string;
  updatedAt: string;
}

const FIELD_TYPES: Readonly<Record<PropertyType, string>> = {
  string: 'text',
  number: 'number',
  date: 'date',
  datetime: 'date',
  enumeration: 'select',
  bool: 'booleancheckbox',
  phone_number: 'phonenumber',
};

const LIFECYCLE =
  'subscriber lead marketingqualifiedlead salesqualifiedlead opportunity customer evangelist other';
const INDUSTRIES = 'ACCOUNTING BANKING COMPUTER_SOFTWARE CONSTRUCTION FARMING INSURANCE INTERNET RETAIL';
const ADDRESS = 'address string\ncity string\nstate string\nzip string\ncountry string';

/**
 * One property per line: name, type, options of an enumeration; `!` after the type: only HubSpot sets the value;
 * `=`: HubSpot calculates it, without a new time of change (docs/hubspot.md#records-and-properties).
 */
const TABLES: Readonly<Record<string, string>> = {
  contacts: `email string\nfirstname string\nlastname string\nphone phone_number\nmobilephone phone_number\n${ADDRESS}
company string\nwebsite string\njobtitle string\nlifecyclestage enumeration ${LIFECYCLE}
hs_lead_status enumeration NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING
date_of_birth string\nclosedate datetime\nannualrevenue number\nnumemployees number
hs_persona enumeration persona_1 persona_2
hs_language string\nhs_email_optout bool!\nhs_additional_emails string!\nnum_associated_deals number=\nfax string\nsalutation string\nmessage string`,
  companies: `name string\ndomain string\nwebsite string\nphone phone_number\n${ADDRESS}
industry enumeration ${INDUSTRIES}\nnumberofemployees number\nannualrevenue number
lifecyclestage enumeration ${LIFECYCLE}
description string\ntype enumeration PROSPECT PARTNER RESELLER VENDOR OTHER\nfounded_year string\nis_public bool
linkedin_company_page string\nnum_associated_contacts number=\ntimezone string`,
  deals: `dealname string\namount number\ndealstage enumeration\npipeline enumeration\nclosedate datetime
dealtype enumeration newbusiness existingbusiness\ndescription string\nhs_priority enumeration low medium high
deal_currency_code enumeration EUR USD GBP\nhs_forecast_amount number\ndays_to_close number=
closed_lost_reason string\nclosed_won_reason string`,
  tickets: `subject string\ncontent string\nhs_pipeline enumeration\nhs_pipeline_stage enumeration
hs_ticket_priority enumeration LOW MEDIUM HIGH URGENT
hs_ticket_category enumeration PRODUCT_ISSUE BILLING_ISSUE FEATURE_REQUEST GENERAL_INQUIRY
source_type enumeration CHAT EMAIL FORM PHONE\nhs_resolution string`,
  notes: `hs_note_body string\nhs_timestamp datetime\nhs_attachment_ids string`,
  tasks: `hs_task_subject string\nhs_task_body string\nhs_timestamp datetime
hs_task_status enumeration NOT_STARTED IN_PROGRESS WAITING DEFERRED COMPLETED
hs_task_priority enumeration NONE LOW MEDIUM HIGH\nhs_task_type enumeration TODO CALL EMAIL`,
};

const CREATED_AT = '2020-01-01T00:00:00.000Z';

/** The properties that each account has from the start. */
export function builtInProperties(type: ObjectType): Property[] {
  const common = [
    'hs_object_id number!',
    `${type.createdName} datetime!`,
    `${type.modifiedName} datetime!`,
    'hs_merged_object_ids string!',
    'hubspot_owner_id string',
  ];
  const own = (TABLES[type.name] ?? '').split('\n').filter((line) => line !== '');
  const lines = [...own, ...common];
  return lines.map((line) => {
    const [name = '', kind = '', ...options] = line.split(' ');
    return {
      ...blankProperty(name, kind.replace(/[!=]/, '') as PropertyType, `${type.singular}information`),
      calculated: kind.endsWith('='),
      ...(/[!=]$/.test(kind) && {
        modificationMetadata: { archivable: false, readOnlyDefinition: true, readOnlyValue: true },
      }),
      hubspotDefined: true,
      hasUniqueValue: type.uniqueNames.includes(name) || name === 'hs_object_id',
      // The values of stages and pipelines come from the pipelines API.
      externalOptions: kind === 'enumeration' && options.length === 0,
      options: options.map(plainOption),
    };
  });
}

export function blankProperty(
  name: string,
  type: PropertyType,
  groupName: string,
  atIso = CREATED_AT,
): Property {
  return {
    name,
    label: name,
    type,
    fieldType: FIELD_TYPES[type],
    groupName,
    description: '',
    options: type === 'bool' ? ['true', 'false'].map(plainOption) : [],
    displayOrder: -1,
    hasUniqueValue: false,
    hidden: false,
    formField: false,
    calculated: false,
    externalOptions: false,
    hubspotDefined: false,
    dataSensitivity: 'non_sensitive',
    modificationMetadata: { archivable: true, readOnlyDefinition: false, readOnlyValue: false },
    archived: false,
    createdAt: atIso,
    updatedAt: atIso,
  };
}

function plainOption(value: string, displayOrder: number): Option {
  return { label: value, value, displayOrder, hidden: false };
}
