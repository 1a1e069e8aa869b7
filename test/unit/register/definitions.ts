import type { Definitions, WritableProperty } from '../../../src/domain/register/definitions.js';
import type { AllDefinitions } from '../../../src/domain/register/checkRegistration.js';

const option = (value: string, label = value) => ({ value, label });

export function property(
  name: string,
  type = 'string',
  more: Partial<WritableProperty> = {},
): WritableProperty {
  return { name, type, fieldType: 'text', options: [], readOnly: false, archived: false, ...more };
}

function definitions(
  properties: readonly WritableProperty[],
  pipelines: Definitions['pipelines'] = [],
): Definitions {
  return { properties: new Map(properties.map((one) => [one.name, one])), pipelines };
}

export const SUPPORT = {
  ...option('0', 'Support Pipeline'),
  stages: [option('1', 'New'), option('2', 'Waiting on contact'), option('3', 'Waiting on us')],
};
export const RETURNS = {
  ...option('77', 'Returns'),
  stages: [option('78', 'New'), option('79', 'Sent back')],
};

/** As a new account has them, and a little more. */
export const PORTAL: AllDefinitions = {
  contacts: definitions([
    ...['email', 'firstname', 'lastname', 'phone', 'mobilephone'].map((name) => property(name)),
    property('hs_object_id', 'number', { readOnly: true }),
    property('old_score', 'number', { archived: true }),
    property('birthday', 'date'),
    property('seen_at', 'datetime'),
    property('optin', 'bool'),
    property('interests', 'enumeration', {
      fieldType: 'checkbox',
      options: [option('surf', 'Surfing'), option('ski', 'Skiing'), option('sail', 'Sailing')],
    }),
  ]),
  deals: definitions(
    [
      property('dealname'),
      property('amount', 'number'),
      property('dealstage', 'enumeration'),
      property('pipeline', 'enumeration'),
    ],
    [
      {
        ...option('default', 'Sales Pipeline'),
        stages: [option('appointmentscheduled', 'Appointment Scheduled'), option('closedwon', 'Closed Won')],
      },
    ],
  ),
  tickets: definitions(
    [
      ...['subject', 'content'].map((name) => property(name)),
      ...['hs_pipeline', 'hs_pipeline_stage'].map((name) => property(name, 'enumeration')),
      property('hs_ticket_priority', 'enumeration', {
        options: ['LOW', 'MEDIUM', 'HIGH'].map((one) => option(one)),
      }),
      property('hs_ticket_category', 'enumeration', {
        options: ['PRODUCT_ISSUE', 'BILLING_ISSUE', 'FEATURE_REQUEST', 'GENERAL_INQUIRY'].map((one) =>
          option(one),
        ),
      }),
    ],
    [SUPPORT, RETURNS],
  ),
};
