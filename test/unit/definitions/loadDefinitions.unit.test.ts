import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findConfigFile } from '../../../src/services/definitions/configFile.js';
import { loadDefinitions } from '../../../src/services/definitions/loadDefinitions.js';
import { ROOT } from '../../support/process.js';

const run = promisify(execFile);

const MANIFEST = '{ "type": "module" }';
/** Its lines are what the messages name. */
const EVENT = `import { defineEvent, z } from 'sluice';

export const orderPlaced = defineEvent({
  name: 'order_placed',
  version: 1,
  description: 'An order was placed.',
  schema: z.object({ number: z.string(), email: z.email() }),
  example: { number: 'A-1', email: 'dana@example.com' },
  orderingKey: ({ email }) => email,
  effects: ({ number, email }) => [
    { kind: 'upsertContact', by: { property: 'email', value: email }, properties: { last_order: number } },
  ],
});
`;
const ACTION = `import { defineAction, z } from 'sluice';

export const greet = defineAction({
  name: 'greet',
  version: 1,
  input: z.object({ name: z.string() }),
  output: z.object({ greeting: z.string() }),
  labels: { en: { actionName: 'Greet' } },
  run: ({ input }) => ({ greeting: \`Hello, \${input.name}\` }),
});
`;
const CONFIG = `import { defineConfig } from 'sluice';
import { orderPlaced } from './events/orderPlaced.js';

export default defineConfig({
  events: [orderPlaced],
});
`;

const HANDLER = `import { onChange } from 'sluice';

export const warehouse = onChange({
  consumer: 'warehouse',
  wants: { objectTypes: ['contacts'] },
  async handle(changes) {
    for (const { recordId } of changes) console.log(recordId);
  },
});
`;
const CONFIG_WITH_HANDLER = `import { defineConfig } from 'sluice';
import { warehouse } from './on/warehouse.js';

export default defineConfig({
  on: [warehouse],
});
`;

type Files = Readonly<Record<string, string>>;
interface Loaded {
  readonly actions?: readonly string[];
  readonly events?: readonly string[];
  readonly throttle?: boolean;
  readonly handlers?: readonly string[];
  readonly error?: string;
  readonly name?: string;
}

const project = (files: Files = {}): Files => ({
  'package.json': MANIFEST,
  'sluice.config.ts': CONFIG,
  'events/orderPlaced.ts': EVENT,
  ...files,
});
const event = (from: string, to: string) => project({ 'events/orderPlaced.ts': swapped(EVENT, from, to) });
const config = (from: string, to: string) => project({ 'sluice.config.ts': swapped(CONFIG, from, to) });

function withAction(from = '', to = '', listed = 'greet', field = `actions: [${listed}]`): Files {
  const imported = "import { greet } from './actions/greet.js';\n";
  const listing = swapped(CONFIG, '  events', `  ${field},\n  events`);
  return project({
    'sluice.config.ts': imported + listing,
    'actions/greet.ts': swapped(ACTION, from, to),
  });
}

const handler = (from = '', to = ''): Files => ({
  'package.json': MANIFEST,
  'sluice.config.ts': CONFIG_WITH_HANDLER,
  'on/warehouse.ts': swapped(HANDLER, from, to),
});

function swapped(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`${from} is not in it`);
  return text.replace(from, to);
}

const GOOD = {
  'with an event type of its own': [project(), {}],
  'with an action': [withAction(), {}],
  'with nothing but the built-ins': [{ 'package.json': MANIFEST }, {}],
  'without the event types of drivers': [
    config('  events', '  builtIns: { driverEvents: false },\n  events'),
    {},
  ],
  'without the throttle': [config('  events', '  builtIns: { throttle: false },\n  events'), {}],
  'whose queues are typed': [config('  events', "  builtIns: { throttleQueue: 'text' },\n  events"), {}],
  'with a handler of changes': [handler(), {}],
  'in JavaScript': [
    {
      'package.json': MANIFEST,
      'sluice.config.js': CONFIG,
      'events/orderPlaced.js': EVENT,
    },
    {},
  ],
} as const;

/** What is wrong, and what is said of it after the name of the file. */
const WRONG: Readonly<Record<string, readonly [Files, string]>> = {
  'that does not parse': [config('events: [', 'events: [,,(,'), 'sluice.config.ts:5: Unexpected ","'],
  'in JavaScript that does not parse': [
    { 'package.json': MANIFEST, 'sluice.config.js': 'export default {\n  a: 1,\n  b: (,\n};\n' },
    'sluice.config.js:3: ',
  ],
  'that throws': [
    config('\nexport', "\nconst url: string = '';\nthrow new Error(`no ${url}shop`);\nexport"),
    'sluice.config.ts:5: it throws Error: no shop',
  ],
  'of which an imported file throws': [
    event('\nexport', "\nnew URL('nowhere');\nexport"),
    'events/orderPlaced.ts:3: it throws TypeError: Invalid URL',
  ],
  'that throws what is no error': [
    config('\nexport', "\nthrow 'nothing';\nexport"),
    'sluice.config.ts:5: it throws nothing',
  ],
  'that imports a file that there is not': [
    config('./events/orderPlaced.js', './events/orderPlacd.js'),
    'sluice.config.ts:2: there is no file ',
  ],
  'that imports a package that there is not': [
    config('\nexport', "import 'no-such-package';\nexport"),
    'sluice.config.ts:3: there is no package no-such-package',
  ],
  'that imports what a file does not export': [
    config('{ orderPlaced }', '{ orderLost as orderPlaced }'),
    "sluice.config.ts:2: The requested module './events/orderPlaced.js' does not provide an export named 'orderLost'",
  ],
  'without a default export': [
    config('export default', 'export const config ='),
    'sluice.config.ts:1: it has no default export',
  ],
  'that is not made by defineConfig': [
    config('defineConfig({\n  events: [orderPlaced],\n})', '{ events: [orderPlaced] }'),
    'sluice.config.ts:4: its default export is not made by defineConfig',
  ],
  'in a package that is not of ES modules': [
    project({ 'package.json': '{}' }),
    'sluice.config.ts:4: it must be an ES module: write "type": "module" into',
  ],
  'with a handler that onChange has not made': [
    { ...handler(), 'sluice.config.ts': swapped(CONFIG_WITH_HANDLER, '[warehouse]', '[{} as never]') },
    'sluice.config.ts:5: on[0] is not made by onChange',
  ],
  'with two handlers of one name': [
    {
      ...handler(),
      'sluice.config.ts': swapped(CONFIG_WITH_HANDLER, '[warehouse]', '[warehouse, warehouse]'),
    },
    'on/warehouse.ts:4: there are two handlers of the consumer warehouse',
  ],
  'with a handler of a bad name': [
    handler("'warehouse'", "'Ware house'"),
    'on/warehouse.ts:4: "Ware house" cannot be the name of a consumer: small letters',
  ],
  'with a handler that wants what there is not': [
    handler("objectTypes: ['contacts']", 'objectTypes: []'),
    'on/warehouse.ts:5: objectTypes must be a list of 1 to 100: types of records',
  ],
  'with a handler that wants actions that there are not': [
    handler("objectTypes: ['contacts']", "actions: ['Vanished' as never]"),
    'on/warehouse.ts:5: actions must be a list of 1 to 100: of Created, Updated',
  ],
  'with a handler that has too much time': [
    handler('wants:', 'timeoutMs: 600_000,\n  wants:'),
    'on/warehouse.ts:5: timeoutMs must be a whole number from 1000 to 120000',
  ],
  'with a handler that is no function': [
    handler(
      'async handle(changes) {\n    for (const { recordId } of changes) console.log(recordId);\n  },',
      "handle: 'later' as never,",
    ),
    'on/warehouse.ts:6: handle must be a function',
  ],
  'with what nothing calls yet': [
    config('  events', '  transforms: [],\n  events'),
    'sluice.config.ts:5: nothing calls transforms yet: leave it out',
  ],
  'with a field that there is not': [
    config('  events:', '  event:'),
    'sluice.config.ts:5: there is nothing that is called event; there are actions, events,',
  ],
  'with a built-in that there is not': [
    config('  events', '  builtIns: { throtle: false },\n  events'),
    'sluice.config.ts:5: there is no built-in throtle; there are throttle, driverEvents, throttleQueue',
  ],
  'with a built-in that is no switch': [
    config('  events', "  builtIns: { throttle: 'off' },\n  events"),
    'sluice.config.ts:5: builtIns says true or false to throttle, driverEvents',
  ],
  'with a field of queues that is none': [
    config('  events', "  builtIns: { throttleQueue: 'select' },\n  events"),
    "sluice.config.ts:5: throttleQueue is 'drop-down' or 'text'",
  ],
  'whose actions are no list': [
    withAction('', '', 'greet', 'actions: greet'),
    'sluice.config.ts:6: actions must be a list',
  ],
  'with an action that defineAction has not made': [
    withAction('', '', "greet, { name: 'mine' } as never"),
    'sluice.config.ts:6: actions[1] is not made by defineAction',
  ],
  'with an action that is there twice': [
    withAction('', '', 'greet, greet'),
    'actions/greet.ts:4: an action greet is there twice',
  ],
  'with an action whose answer is none': [
    withAction('  version: 1', "  answer: 'later',\n  version: 1"),
    "actions/greet.ts:5: answer is 'callback' or 'inline'",
  ],
  'with an action that is answered inline and waits in a lane': [
    withAction('  version: 1', "  answer: 'inline',\n  lane: {},\n  version: 1"),
    "actions/greet.ts:6: an action with answer: 'inline' is answered at once, and cannot wait in a lane",
  ],
  'with an action of agents that has a callback': [
    withAction(
      '  version: 1',
      "  clients: [{ client: 'AGENTS', toolType: 'GENERATE', description: 'Greets' }],\n  version: 1",
    ),
    'actions/greet.ts:5: clients has AGENTS, which wait for no callback',
  ],
  'with an action that has a setting otherwise than another one': [
    {
      ...withAction('  version: 1', '  version: 1,\n  settings: z.object({ key: z.string() })'),
      'actions/other.ts': swapped(
        ACTION.replaceAll('greet', 'other'),
        '  version: 1',
        '  version: 1,\n  settings: z.object({ key: z.number() })',
      ),
      'sluice.config.ts': `import { defineConfig } from 'sluice';
import { greet } from './actions/greet.js';
import { other } from './actions/other.js';
export default defineConfig({ actions: [greet, other] });
`,
    },
    'actions/other.ts:6: settings has key, which the action greet has with another type',
  ],
  'with an action that asks for what is for Sluice alone': [
    withAction('  version: 1', "  secrets: ['ENCRYPTION_KEYS'],\n  version: 1"),
    'actions/greet.ts:5: secrets has ENCRYPTION_KEYS, which is a setting of Sluice itself',
  ],
  'with an action that cannot work': [
    withAction("'greet'", "'Greet all'"),
    'actions/greet.ts:3: it throws ActionDefinitionError: Action "Greet all": name must be',
  ],
  'whose events are no list': [
    config('[orderPlaced]', 'orderPlaced'),
    'sluice.config.ts:5: events must be a list',
  ],
  'with an event that defineEvent has not made': [
    config('[orderPlaced]', "[orderPlaced, { name: 'mine' } as never]"),
    'sluice.config.ts:5: events[1] is not made by defineEvent',
  ],
  'with a bad name': [
    event("'order_placed'", "'Order placed'"),
    'events/orderPlaced.ts:4: "Order placed" cannot be the name of an event type: small letters',
  ],
  'with the name of a built-in': [
    event("'order_placed'", "'nova_earned'"),
    'events/orderPlaced.ts:4: an event type nova_earned comes with Sluice: give this one another name',
  ],
  'with an event that is there twice': [
    config('[orderPlaced]', '[orderPlaced, orderPlaced]'),
    'events/orderPlaced.ts:4: an event type order_placed, version 1, is defined twice, also at line 3 of',
  ],
  'with a bad version': [
    event('version: 1', 'version: 1.5'),
    'events/orderPlaced.ts:5: version must be a whole',
  ],
  'without a description': [
    event("description: 'An order was placed.'", "description: ''"),
    'events/orderPlaced.ts:6: description must be a sentence',
  ],
  'with a schema that is none': [
    event(
      'schema: z.object({ number: z.string(), email: z.email() })',
      'schema: { number: String } as never',
    ),
    'events/orderPlaced.ts:7: schema must be one of zod 4',
  ],
  'with an example that does not fit its schema': [
    event("email: 'dana@example.com' }", "email: 'dana' }"),
    'events/orderPlaced.ts:8: example does not fit the schema: email: must be an e-mail address',
  ],
  'without effects': [
    event('effects: (', 'effect: ('),
    'events/orderPlaced.ts:3: effects must be a function',
  ],
  'whose effects fail for the example': [
    event('properties: { last_order: number }', 'properties: { last_order: (number as any).at(9).at(0) }'),
    'events/orderPlaced.ts:11: its code fails for its example: TypeError:',
  ],
  'whose effects are none': [
    event("kind: 'upsertContact'", "kind: 'upsertContact', counters: { visits: 0.5 }"),
    'events/orderPlaced.ts:10: effects of the example: ',
  ],
  'whose effects are others each time': [
    event('last_order: number', 'last_order: String(Math.random())'),
    'events/orderPlaced.ts:10: effects must give the same for the same event',
  ],
  'whose ordering key is no text': [
    event('=> email,', '=> 7 as never,'),
    'events/orderPlaced.ts:9: orderingKey must give a text, or null',
  ],
};

let home: string;
let loaded: Map<string, Loaded>;

beforeAll(async () => {
  home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'sluice-definitions-')));
  const all = [...Object.entries(GOOD), ...Object.entries(WRONG)];
  const dirs = all.map(([, [files]], n) => {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(home, String(n), name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return path.join(home, String(n));
  });
  const args = ['--import', 'tsx', 'test/support/definitionsProcess.ts', ...dirs];
  const { stdout } = await run(process.execPath, args, { cwd: ROOT });
  const lines = stdout.trim().split('\n');
  loaded = new Map(all.map(([name], n) => [name, JSON.parse(lines[n] ?? 'null') as Loaded]));
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

it('a file that does not end is given up after its time', async () => {
  const file = path.join(home, 'endless.mjs');
  writeFileSync(file, 'await new Promise(() => {});\nexport default {};\n');
  const code = `import { importConfig } from './src/services/definitions/importConfig.ts';
    console.log(JSON.stringify(await importConfig(${JSON.stringify(file)}, 50)));`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  const { stdout } = await run(process.execPath, args, { cwd: ROOT });
  expect(JSON.parse(stdout)).toEqual({
    ok: false,
    problem: { message: 'it was not read within 0.05 s: an await in it does not end' },
  });
}, 30_000);

const DRIVER_EVENTS = [
  'driver_signed_up',
  'wallet_pass_installed',
  'nova_earned',
  'nova_redeemed',
  'first_redemption_completed',
];

describe('a sluice.config.ts', () => {
  it('adds event types to those that come with Sluice, which are there without it', () => {
    const builtIn = [...DRIVER_EVENTS, 'generic'];
    expect(loaded.get('with nothing but the built-ins')).toEqual({
      ...{ actions: [], events: builtIn, throttle: true, handlers: [] },
    });
    const added = { actions: [], events: [...builtIn, 'order_placed'], throttle: true, handlers: [] };
    expect(loaded.get('with an event type of its own')).toEqual(added);
  });

  it('switches off what comes with Sluice', () => {
    expect(loaded.get('without the event types of drivers')).toMatchObject({
      events: ['generic', 'order_placed'],
    });
    expect(loaded.get('without the throttle')).toMatchObject({ throttle: false });
  });

  it('adds actions', () => {
    expect(loaded.get('with an action')).toMatchObject({ actions: ['greet'] });
    expect(loaded.get('with nothing but the built-ins')).toMatchObject({ actions: [] });
  });

  it('has handlers of changes, which workers call', () => {
    expect(loaded.get('with a handler of changes')).toMatchObject({ handlers: ['warehouse'] });
  });

  it('may be JavaScript', () => {
    expect(loaded.get('in JavaScript')).toMatchObject({ events: expect.arrayContaining(['order_placed']) });
  });

  it.each(Object.entries(WRONG))('%s ends the start, and names the line to mend', (name, [, said]) => {
    const { error, name: kind } = loaded.get(name) ?? {};
    expect(error).toContain(`  ${said}`);
    expect(error?.split('\n')).toHaveLength(3); // the file, what is wrong, where to read
    expect(kind).toBe('ConfigError');
  });

  it('is found in the folder of the process, or where SLUICE_CONFIG says', async () => {
    const dir = mkdtempSync(path.join(home, 'find-'));
    expect(findConfigFile(undefined, dir)).toBeUndefined();
    await expect(loadDefinitions({ SLUICE_CONFIG: 'none.ts' }, dir)).rejects.toThrow('there is no such file');
    writeFileSync(path.join(dir, 'mine.ts'), '');
    expect(findConfigFile('mine.ts', dir)).toBe(path.join(dir, 'mine.ts'));
    writeFileSync(path.join(dir, 'sluice.config.mts'), '');
    expect(findConfigFile(undefined, dir)).toBe(path.join(dir, 'sluice.config.mts'));
    writeFileSync(path.join(dir, 'sluice.config.js'), '');
    expect(() => findConfigFile(undefined, dir)).toThrow(
      'There are sluice.config.mts and sluice.config.js in',
    );
  });
});
