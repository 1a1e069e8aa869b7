import { PERIODS_MS } from '../throttle/rate.js';
import {
  typeDefinition,
  type HubSpotDefinition,
  type HubSpotInputField,
  type HubSpotOption,
} from './hubspotDefinition.js';

/** Where HubSpot calls the throttle, below the origin. */
export const THROTTLE_PATH = '/api/hubspot/action';

/** What a project calls the throttle. No action of one's own can have the name. */
export const THROTTLE_UID = 'sluice_throttle';

/** The action that comes with Sluice, as HubSpot has it: docs/action.json for any origin. */
export function throttleDefinition(origin: string, published = false): HubSpotDefinition {
  return {
    ...{ actionUrl: `${origin}${THROTTLE_PATH}`, published, objectTypes: [], functions: [] },
    inputFields: [
      written('max_throughput', 'number'),
      written('time', 'number'),
      written('period', 'enum', Object.keys(PERIODS_MS).map(asItIs)),
      written('queue', 'string'),
    ],
    outputFields: [
      { typeDefinition: typeDefinition('sluice_status', 'enum', STATUSES) },
      { typeDefinition: typeDefinition('sluice_wait_seconds', 'number') },
      { typeDefinition: typeDefinition('sluice_queue', 'string') },
      { typeDefinition: typeDefinition('sluice_reason', 'string') },
    ],
    executionRules: [
      { labelName: 'refused', conditions: { sluice_status: ['refused'] } },
      { labelName: 'ended', conditions: { sluice_status: ['expired', 'cancelled', 'failed'] } },
      { labelName: 'rejected', conditions: { sluice_status: ['rejected'] } },
    ],
    inputFieldDependencies: [],
    labels: { en: ENGLISH },
  };
}

function written(...args: Parameters<typeof typeDefinition>): HubSpotInputField {
  return {
    typeDefinition: typeDefinition(...args),
    supportedValueTypes: ['STATIC_VALUE'],
    isRequired: false,
  };
}

const asItIs = (value: string): HubSpotOption => ({ value, label: value });

const STATUSES: readonly HubSpotOption[] = [
  { value: 'released', label: 'Released' },
  { value: 'refused', label: 'Refused' },
  { value: 'expired', label: 'Expired' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'failed', label: 'Failed' },
  { value: 'rejected', label: 'Rejected' },
];

const ENGLISH = {
  actionName: 'Wait for your turn',
  actionDescription: 'Holds each record until the rate lets it go on.',
  actionCardContent: 'At most {{max_throughput}} per {{time}} {{period}}',
  appDisplayName: 'Sluice',
  inputFieldLabels: { max_throughput: 'At most', time: 'per', period: 'period', queue: 'Queue' },
  inputFieldDescriptions: {
    max_throughput: 'How many records may go on in any window of the time below.',
    time: 'How long that window is, in the period below.',
    queue: 'Steps that name the same queue share one rate. Empty: this step alone.',
  },
  outputFieldLabels: {
    sluice_status: 'How it ended',
    sluice_wait_seconds: 'Seconds waited',
    sluice_queue: 'Queue',
    sluice_reason: 'Reason',
  },
  executionRules: {
    refused: 'The wait would be longer than HubSpot can hold a record: {{sluice_wait_seconds}} s',
    ended: 'Not released: {{sluice_status}}',
    rejected: 'Sluice could not read this call: {{sluice_reason}}',
  },
};
