import type { WHEN_FULL } from '../throttle/queueBound.js';
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
export function throttleDefinition(
  origin: string,
  published = false,
  queue: 'drop-down' | 'text' = 'drop-down',
): HubSpotDefinition {
  const actionUrl = `${origin}${THROTTLE_PATH}`;
  return {
    ...{ actionUrl, published, objectTypes: [], functions: [] },
    inputFields: [
      written('max_throughput', 'number'),
      written('time', 'number'),
      written('period', 'enum', Object.keys(PERIODS_MS).map(asItIs)),
      queue === 'text' ? written('queue', 'string') : fetched('queue', actionUrl),
      written('spread', 'boolean'),
      fromRecord('start_at', 'datetime'),
      fromRecord('priority', 'number'),
      written('max_waiting', 'number'),
      written('when_full', 'enum', WHEN_FULL_OPTIONS),
    ],
    outputFields: [
      { typeDefinition: typeDefinition('sluice_status', 'enum', STATUSES) },
      { typeDefinition: typeDefinition('sluice_wait_seconds', 'number') },
      { typeDefinition: typeDefinition('sluice_place', 'number') },
      { typeDefinition: typeDefinition('sluice_eta', 'datetime') },
      { typeDefinition: typeDefinition('sluice_queue', 'string') },
      { typeDefinition: typeDefinition('sluice_reason', 'string') },
    ],
    executionRules: [
      { labelName: 'refused', conditions: { sluice_status: ['refused'] } },
      { labelName: 'skipped', conditions: { sluice_status: ['skipped'] } },
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

/** Written, or taken from a property of the record. */
function fromRecord(...args: Parameters<typeof typeDefinition>): HubSpotInputField {
  return { ...written(...args), supportedValueTypes: ['STATIC_VALUE', 'OBJECT_PROPERTY'] };
}

/** A drop-down whose options are asked of us; where nothing of it fits, what was typed is one. */
function fetched(name: string, actionUrl: string): HubSpotInputField {
  const { typeDefinition: type, ...field } = written(name, 'enum');
  return { typeDefinition: { ...type, optionsUrl: `${actionUrl}/options/${name}` }, ...field };
}

const asItIs = (value: string): HubSpotOption => ({ value, label: value });

const WHEN_FULL_OPTIONS: readonly HubSpotOption[] = [
  { value: 'wait', label: 'It waits behind them' },
  { value: 'skip', label: 'It goes on at once' },
  { value: 'fail', label: 'It goes on as failed' },
] satisfies { value: (typeof WHEN_FULL)[number]; label: string }[];

const STATUSES: readonly HubSpotOption[] = [
  { value: 'released', label: 'Released' },
  { value: 'skipped', label: 'Skipped' },
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
  inputFieldLabels: {
    ...{ max_throughput: 'At most', time: 'per', period: 'period', queue: 'Queue' },
    ...{ spread: 'Evenly, instead of in bursts', start_at: 'Not before', priority: 'Priority' },
    ...{ max_waiting: 'Let at most so many wait', when_full: 'A record that comes when so many wait' },
  },
  inputFieldDescriptions: {
    max_throughput: 'How many records may go on in any window of the time below.',
    time: 'How long that window is, in the period below.',
    queue: 'Steps that name the same queue share one rate. Empty: this step alone.',
    spread: 'At even intervals: of 60 per minute one each second. Empty: as fast as the window allows.',
    start_at: 'Empty: as soon as the rate lets it go on.',
    priority: 'From 1 to 9; the higher go first. Empty: 5.',
    max_waiting: 'From 0 to 10,000. It counts where the next field says what becomes of a record beyond it.',
    when_full: 'Empty: it waits, however many do.',
  },
  outputFieldLabels: {
    sluice_status: 'How it ended',
    sluice_wait_seconds: 'Seconds waited',
    sluice_place: 'Place in the queue',
    sluice_eta: 'Expected to go on at',
    sluice_queue: 'Queue',
    sluice_reason: 'Reason',
  },
  executionRules: {
    refused: 'Not taken in: {{sluice_reason}}',
    skipped: 'Went on at once: {{sluice_reason}}',
    ended: 'Not released: {{sluice_status}}',
    rejected: 'Sluice could not read this call: {{sluice_reason}}',
  },
};
