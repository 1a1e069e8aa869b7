import { z } from 'zod';
import type { ActionsByName, AnyAction } from '../../sdk/actions/action.js';
import { inputFieldsOf } from '../../sdk/actions/inputFields.js';
import { pageOf } from '../http/answers.js';
import { invalidInput, pageQuery, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { ACTIONS_PATH } from './actionsPath.js';

interface Dependencies {
  readonly actions: ActionsByName;
}

const actionSchema = z
  .strictObject({
    name: z.string(),
    version: z.number().int(),
    label: z.string().meta({ description: 'What it is called in the workflow editor, in English' }),
    path: z.string().meta({ description: 'Where HubSpot calls it, behind `PUBLIC_URL`' }),
    answer: z.enum(['callback', 'inline']),
    objectTypes: z.array(z.string()).meta({ description: 'Empty: those of all workflows' }),
    inputs: z.array(
      z.strictObject({
        name: z.string(),
        type: z.enum(['string', 'number', 'boolean', 'enum', 'date', 'datetime']).nullable(),
        isRequired: z.boolean(),
      }),
    ),
    outputs: z.array(z.string()),
  })
  .meta({ id: 'Action' });
const EXAMPLE = {
  name: 'greet',
  version: 1,
  label: 'Greet',
  path: `${ACTIONS_PATH}/greet`,
  answer: 'callback',
  objectTypes: [],
  inputs: [{ name: 'name', type: 'string', isRequired: true }],
  outputs: ['greeting'],
} as const;

/** Which actions there are. */
export const DEFINED_ACTION_OPERATIONS = [
  defineOperation({
    tag: 'Actions',
    scopes: ['throttle:read'],
    resource: 'action',
    id: 'listActions',
    method: 'get',
    path: '/api/actions',
    summary: 'List the workflow actions that `sluice.config.ts` defines',
    input: { query: z.strictObject(pageQuery(textSchema(50))) },
    answers: {
      200: {
        description: 'A page of them',
        body: pageOf(actionSchema).meta({ id: 'ActionPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ actions }: Dependencies, _caller, { query: { after, limit } }) {
      const all = [...actions.values()].map(viewOf);
      const from = after === undefined ? 0 : all.findIndex(({ name }) => name === after) + 1;
      if (after !== undefined && from === 0)
        throw invalidInput([{ path: 'after', message: 'must be the `next` of the page before' }]);
      const page = await readPage(
        limit,
        async (max) => all.slice(from, from + max),
        ({ name }) => name,
      );
      return { status: 200, body: page };
    },
  }),
] as const;

function viewOf({ name, version, labels, answer = 'callback', objectTypes = [], input, output }: AnyAction) {
  return {
    ...{ name, version, answer, label: labels.en.actionName, path: `${ACTIONS_PATH}/${name}` },
    objectTypes: [...objectTypes],
    inputs: inputFieldsOf(input).map((field) => ({
      name: field.name,
      type: field.type ?? null,
      isRequired: field.isRequired,
    })),
    outputs: Object.keys(output.shape),
  };
}
