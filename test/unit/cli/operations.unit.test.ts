import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../../../src/api/operations.js';
import { COMMANDS, UUID } from './commands.js';
import { sluice, type Asked } from './exampleApi.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'));
  writeFileSync(path.join(directory, 'file'), '{"data": 1}');
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Operations without a command of their own, and why. `sluice api` sends any request. */
const WITHOUT: Readonly<Record<string, string>> = {
  beginInstall: 'a browser does that',
  openInstallLink: 'a browser does that',
  consentToInstall: 'a browser does that',
  finishInstall: 'HubSpot sends a browser there',
  openClaim: 'a browser does that',
  captureEvents: 'applications do that; sluice import outbox and npm run smoke use it, with a database',
  callAction: 'HubSpot does that, with its signature',
  callDefinedAction: 'HubSpot does that, with its signature',
  fetchActionOptions: 'HubSpot does that, with its signature',
  fetchQueues: 'HubSpot does that, with its signature',
  callWebhooks: 'HubSpot does that, with its signature',
  verifySignature: 'for code that receives calls of HubSpot itself',
  syncContacts: 'for programs that know the path: sluice sync start does the same',
  showSyncStatus: 'for programs that know the path: sluice sync status shows more',
  showFront: 'says where things are, for a browser',
  showLocalRecords: 'for programs that know the path: sluice records list shows the same',
  showLocalRecordsAfter: 'for programs that know the path: sluice records list shows the same',
  showRecordsAtHubSpot: 'for programs that know the path: sluice records list asks the mirror',
  upsertRecords: 'for programs that have many: sluice records create writes one',
  showLiveness: 'for what watches the process: sluice status shows more',
  showOpenApiJson: 'a document',
  showOpenApiYaml: 'a document',
  showApiPage: 'a page',
  showApiPageBelowApi: 'a page',
  showApiPageAsset: 'part of a page',
  showGuide: 'a page',
  showGuidePage: 'a page',
};

/** What ends, takes away or holds up: the command shows what it would touch, and asks. */
const DESTRUCTIVE = [
  ...OPERATIONS.filter(({ method }) => method === 'delete').map(({ id }) => id),
  ...[
    'drainLane',
    'cancelExecution',
    'cancelActionRun',
    'retryExecution',
    'disconnectPortal',
    'switchFeatures',
    'pauseOutbox',
  ],
  ...[
    'discardDeadLetters',
    'redriveDeadLetters',
    'replayDryRun',
    'cancelRedrive',
    'eraseRecord',
    'endDeadChanges',
  ],
];

/** What changes something and asks nothing, and why. */
const HARMLESS: Readonly<Record<string, string>> = {
  registerContact: 'adds or changes what the file names, once under its key',
  changeActionSettings: 'set back by the same command; a secret is known to who has set it',
  retryActionRun: 'tries what was to be done; what once has done, and what HubSpot was told, stays',
  resumeRegistration: 'writes what was to be written, and nothing that is there',
  replayWebhooks: 'It has records read once more, which changes nothing but the mirror',
  makeSqlView: 'adds one, which shows what there is',
  changeLane: 'set back by the same command; what waits goes on waiting',
  releaseExecution: 'the rate stays',
  setActionRate: 'set back by the same command',
  connectPortal: 'adds one',
  createInstallLink: 'adds one, which ends by itself',
  claimPortal: 'adds one',
  resumeOutbox: 'undoes a pause',
  changeSync:
    'what is paused goes on where it was; what is read again is left as it is where the mirror has it right',
  setPortalSchedule: 'set back by the same command; what changed meanwhile is read then',
  runSyncPass: 'it reads what would be read later',
  selectProperties: 'HubSpot has what is taken out of the mirror, and it is filled again by the same command',
  declareProperty: 'adds one, which records undeclare takes back',
  setConsumer: 'its position stays, and the former settings can be set again',
  changeConsumer: 'it can be set on again, and what comes twice comes to the same values',
  acknowledgeChanges: 'it can be set back within seven days',
  updateRecord: 'HubSpot keeps the history of each value',
  createRecord: 'HubSpot keeps the history of each value',
  linkRecord: 'ended by records unlink',
  setMapping: 'events that wait keep their version, and the former one can be set again',
  previewMapping: 'changes nothing',
  setEventTypeMode: 'set back by the same command; what ran in the shadow can be replayed',
  changeWorkspace: 'set back by the same command',
  createApiKey: 'adds one',
  rotateApiKey: 'the old key goes on for a day, or as long as --grace says',
  resendNotice: 'a notice says its id: a second one is known',
};

const wordsOf = (id: string) =>
  (COMMANDS[id] ?? '').split(' ').map((word) => word.replace(/\bFILE$/, path.join(directory, 'file')));
/** That of an API which does not only look. */
const changes = ({ method, body, operation }: Asked) =>
  method !== 'GET' && operation !== 'previewMapping' && !body.includes('"preview":true');

describe('an operation of the API', () => {
  it('has a command, or a reason to have none', () => {
    const named = [...Object.keys(COMMANDS), ...Object.keys(WITHOUT)].sort();
    expect(named).toEqual(OPERATIONS.map(({ id }) => id).sort());
  });

  it.each(Object.keys(COMMANDS))('%s is called by its command', async (id) => {
    const yes = DESTRUCTIVE.includes(id) ? ['--yes'] : [];
    const { asked, code, err } = await sluice([...wordsOf(id), ...yes]);
    expect(asked.map(({ operation }) => operation)).toContain(id);
    // 1 where the example has something that is not well: of status, and of a mapping that does not fit.
    expect([code, err]).not.toEqual([2, err]);
    expect(err).not.toContain('unexpectedly');
  });

  it('that changes something is asked for first, or there is a reason not to ask', () => {
    const changing = OPERATIONS.filter(({ id, method }) => method !== 'get' && !(id in WITHOUT));
    expect(changing.map(({ id }) => id).sort()).toEqual([...DESTRUCTIVE, ...Object.keys(HARMLESS)].sort());
  });
});

describe.each(DESTRUCTIVE)('a command that destroys (%s)', (id) => {
  it('does nothing without a terminal, exits with 2 and names --yes', async () => {
    const { code, out, err, asked } = await sluice(wordsOf(id));
    expect([code, out, asked]).toEqual([2, '', []]);
    expect(err).toContain('add --yes if it is meant');
  });

  it('shows what it would touch with --dry-run, for people and for programs, and does nothing', async () => {
    const seen = await sluice([...wordsOf(id), '--dry-run']);
    expect([seen.code, seen.err, seen.asked.filter(changes)]).toEqual([0, '', []]);
    expect(seen.out).toMatch(/\w+ .{10}/);
    const asJson = await sluice([...wordsOf(id), '--dry-run', '--json']);
    expect(JSON.parse(asJson.out)).toEqual(expect.any(Object));
  });

  it('shows it and asks at a terminal; nothing is done unless the answer is yes', async () => {
    const { out: preview } = await sluice([...wordsOf(id), '--dry-run']);
    for (const answer of ['n', '', 'what']) {
      const { code, err, asked } = await sluice(wordsOf(id), { ask: () => Promise.resolve(answer) });
      expect([code, err, asked.filter(changes)]).toEqual([1, `${preview}Nothing was done\n`, []]);
    }
    const questions: string[] = [];
    const ask = (question: string) => {
      questions.push(question);
      return Promise.resolve('y');
    };
    const { code, asked } = await sluice(wordsOf(id), { ask });
    expect([code, questions]).toEqual([0, ['Go on? [y/N] ']]);
    expect(asked.filter(changes).map(({ operation }) => operation)).toContain(id);
  });
});

describe('a command that destroys, on the database', () => {
  it.each([
    ['encryption-keys shred', [UUID]],
    ['portals move', ['62515', '--to', UUID]],
    ['outbox unbind', ['shop']],
  ])('asks as well: sluice %s', async (command, args) => {
    const { code, err } = await sluice([...command.split(' '), ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining('add --yes if it is meant')]);
  });
});
