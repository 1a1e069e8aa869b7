import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { sources as filesOfSrc } from '../../crashpoints/labels.js';
import { writingFunctions } from '../../crashpoints/placement/effects.js';
import { readSources } from '../../crashpoints/placement/functions.js';
import { findGaps, type Gap } from '../../crashpoints/placement/placement.js';

const FUNCTIONS = path.resolve(import.meta.dirname, '../../../migrations/functions');
const writing = writingFunctions(
  readdirSync(FUNCTIONS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sql'))
    .map((name) => readFileSync(path.join(FUNCTIONS, name), 'utf8')),
);

/** Names under which something else is handed in than a reader of names takes it for. */
const ALIASES = {
  ask: 'askHubSpot',
  note: '', // of an audited transaction: it stands with its commit
  step: '', // of a change of tables, which is followed where it is handed in
  work: '', // of a loop or a server's connection: likewise
};

/** Where no crash point is needed, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'src/workflows/': 'Temporal goes on with a workflow where its history ends, whoever dies',
  'src/hubspot/gateway/': 'a request is one side effect of who asks; what it books of budgets ends by itself',
  'src/hubspot/journal/': 'a request is one side effect of who asks',
  'src/hubspot/subscriptions/': 'a request is one side effect of who asks',
  'src/hubspot/definitions/': 'a request is one side effect of who asks',
  'src/services/webhooks/applySubscriptions.ts':
    'each run compares what HubSpot has with what is wanted, and makes what is missing',
  'src/cli/webhooks/subscriptions.ts': 'a person runs it again: it compares first',
  'src/cli/actions/':
    'a person runs it again: what is at HubSpot is compared first, and a file that is there is named',
  'src/services/webhooks/subscribeJournal.ts':
    'each round compares what HubSpot has with what is mirrored; what was made is seen by the next one',
  'src/services/webhooks/nextFile.ts':
    'reads of HubSpot change nothing, and a file is passed over in one statement',
  'src/hubspot/budget/': 'leases that end by themselves',
  'src/hubspot/oauth/tokenEndpoint.ts': 'the second request follows a refusal of the first: nothing was done',
  'src/hubspot/tokens/keepGrant.ts': 'what is left in the journal is stored again until it is removed there',
  'src/secrets/sealedFiles.ts': 'a directory that is made stays',
  'src/services/sync/hubspotRecords.ts': 'reads of HubSpot change nothing',
  'src/services/sync/hubspotAssociations.ts': 'reads of HubSpot change nothing',
  'src/services/sync/hubspotDefinitions.ts': 'reads of HubSpot change nothing',
  'src/api/crm/recordOperations.ts':
    'reads: what HubSpot shows enters the mirror all or nothing, and may again',
  'src/api/actions/changeSettings.ts':
    'a second transaction takes the place of the first, which has changed nothing',
  'src/api/sync/syncChange.ts': 'all of it in the one transaction of its request',
  'src/services/sync/objectSchemas.ts': 'reads of HubSpot change nothing',
  'src/services/sync/referenceData.ts': 'reads of HubSpot change nothing',
  'src/services/sync/passes/propertiesPass.ts':
    'reads of HubSpot; what definitions were noted stays, and what a step writes stands with its cursor',
  'src/services/sync/passes/asidePass.ts':
    'what the mirror has read since is set aside no more, and what a step writes stands with its cursor',
  'src/services/sync/keptProperties.ts': 'reads of HubSpot change nothing',
  'src/services/sync/keptReading.ts': 'reads of HubSpot; what definitions were noted stays',
  'src/services/sync/deletes/writeGone.ts':
    'the cursor stands behind both: the page is searched again, and what is written is no change any more',
  'src/api/writes/createOnce.ts':
    'its note stands before what is sent; a search for what was lost changes nothing',
  'src/services/writes/links.ts':
    'who is not answered associates again, which ends the same; what the mirror lacks the pass brings',
  'src/services/writes/freshReads.ts': 'reads of HubSpot change nothing',
  'src/services/writes/writeRecords.ts': 'reads of HubSpot change nothing; between writes there is one',
  'src/cli/definitions/writeProject.ts':
    'files of a new folder: who dies has one that is not empty, and is told so by the next run',
  'src/cli/importThrottler.ts':
    'what was brought is there, and is brought once: its end-to-end test kills it, and begins again',
  'src/cli/importedExecutions.ts':
    'a callback that was refused, and is forgotten, is called for anew by the next run: so each ends the same',
  'src/cli/importedTokens.ts':
    'what was granted and not stored is in a file, from which the next run goes on',
  'src/worker/privacy/privacyRoom.ts':
    'what is taken is due again a minute later, and each page of it stands',
  'src/services/register/portalDefinitions.ts': 'reads of HubSpot change nothing',
  'src/services/register/checkGiven.ts': 'reads of HubSpot change nothing',
  'src/activities/register/lostRows.ts': 'reads of HubSpot change nothing',
  'src/activities/register/checkStep.ts': 'reads of HubSpot; what they come to is booked in one transaction',
  'src/worker/register/registerRoom.ts': 'what is taken is due again half a minute later',
  'src/worker/reconciler.ts': 'each round of a sweep finds what those before it have left',
  'src/worker/crm/viewsSweep.ts': 'what is taken is due again later, and each view that is dropped is gone',
  'src/worker/sync/portalSchedulesSweep.ts': 'each round compares all with what Temporal has',
  'src/worker/crm/valuesSweep.ts': 'what is taken is due again a minute later, and each part of it stands',
  'src/cli/backup/': 'a file that is half written has another name; a person runs it again',
  'src/worker/main.ts': 'a start that dies is a start again: each step finds what the one before has done',
  'src/api/main.ts': 'a start that dies is a start again: what rooms do by themselves is looked for again',
  'src/cli/shell/':
    'a file of a person is written beside the old one, which stands until the new one is whole',
  'src/cli/watch.ts': 'shows what is read again and again, to a person',
  'src/cli/program.ts': 'runs one command, which sees to itself',
  'src/cli/setup.ts': 'run again until it is through: each step finds what the one before has done',
  'src/cli/smoke.ts': 'a trial by a person, who looks at it',
  'src/activities/sync/schemasSweep.ts': 'a reading that is lost is made again within the hour',
  'src/activities/portals/dayLimitSweep.ts': 'a reading that is lost is made again within the hour',
  'src/api/actions/inlineCalls.ts':
    'who looks at a call again changes it only where nobody has it in hand; after that there is one',
  'src/db/actions/inlineRuns.ts': 'the second statement follows a first that has changed nothing',
  'src/db/migrate.ts': 'run again until it is through, under one lock: each migration is noted with it',
  'src/db/sync/passes.ts': 'the second transaction takes the place of the first, which was rolled back',
  'src/db/partitions.ts': 'each statement finds what the one before has done',
  'src/platform/lifecycle.ts': 'calls what is to be stopped, and does nothing itself',
  'src/api/http/keyCache.ts': 'notes when a key was last used, now and then',
};

let gapsOfSrc: readonly Gap[] | undefined;
const findAll = (): readonly Gap[] =>
  (gapsOfSrc ??= findGaps(readSources(filesOfSrc(), { aliases: ALIASES }), writing));

const wordsOf = ({ file, function: name, line, after, before }: Gap) =>
  `${file}:${line} ${name}: ${before} comes after ${after}`;

/** The gaps of one function, in which `a` and `b` write, `call` asks HubSpot and `read` does neither. */
function gapsOf(body: string): string[] {
  const files = new Map([
    [
      'src/db/x.ts',
      `export const a = async (db) => db.query('UPDATE t SET n = 1');
       export async function b(db) { await db.query({ text: SQL }); }
       const SQL = 'INSERT INTO t VALUES (1)';
       export const read = async (db) => db.query('SELECT 1 FROM t FOR UPDATE');`,
    ],
    ['src/x.ts', `import { a, b, read } from './db/x.js';\nasync function f(db) { ${body} }`],
    ['src/y.ts', 'export function createTell({ gateway }) { return async () => gateway.request(1); }'],
    [
      'src/z.ts',
      'export const createBox = ({ gateway }) => ({ async call() { await gateway.request(1); } });',
    ],
  ]);
  return findGaps(readSources(files), new Set()).map(({ after, before }) => `${after} ${before}`);
}

describe('a place between two side effects is found', () => {
  it.each([
    ['one after the other', 'await a(db); await b(db);', 'a b'],
    ['of other files and kinds', 'await a(db); await deps.call();', 'a deps.call'],
    ['that are handed in', 'await a(db); await tell();', 'a tell'],
    ['in one of two ways', 'await a(db); if (x) await b(db); else await read(db);', 'a b'],
    ['in an argument', 'await a(db); use(await b(db));', 'a b'],
    ['with a label in one way only', "await a(db); if (x) crashPoint('m.n.o'); await b(db);", 'a b'],
    ['with the label too early', "crashPoint('m.n.o'); await a(db); await b(db);", 'a b'],
    ['of which one is repeated', 'for (const x of y) await a(db);', 'a a'],
    [
      'with a way out of a loop',
      'for (;;) { if (await a(db)) break; crashPoint("x.y.z"); } await b(db);',
      'a b',
    ],
    ['after a failure', 'try { await a(db); throw new Error(); } catch { await b(db); }', 'a b'],
    ['in what is handed on', 'await Promise.all(y.map(async () => { await a(db); await b(db); }));', 'a b'],
    ['inside of what it calls', 'const g = async () => { await b(db); }; await a(db); await g();', 'a g'],
    ['around a transaction', 'await inWorkspace(p, w, (client) => a(client)); await b(db);', 'inWorkspace b'],
    [
      'in a transaction',
      'await inWorkspace(p, w, async (client) => { await a(client); await tell(); });',
      'tell inWorkspace',
    ],
  ])('%s', (_, body, gap) => {
    expect(gapsOf(body)).toEqual([gap]);
  });

  it.each([
    ['that has its label', "await a(db); crashPoint('m.n.o'); await b(db);"],
    ['behind what only reads', 'await read(db); await a(db); await read(db);'],
    ['of which only one is done', 'if (x) await a(db); else await b(db);'],
    ['of which the first one failed', 'try { await a(db); } catch { await b(db); }'],
    ['of which the first one found nothing', 'const found = await a(db); if (!found) return b(db);'],
    ['of which the first one is the end', 'if (x) return a(db); await b(db);'],
    [
      'that are one transaction',
      'await inWorkspace(p, w, async (client) => { await a(client); await b(client); });',
    ],
    ['after a transaction that reads', 'await inWorkspace(p, w, (client) => read(client)); await b(db);'],
    [
      'whose label is in what is called',
      "const g = async () => { crashPoint('m.n.o'); await b(db); }; await a(db); await g();",
    ],
    ['that is repeated with a label', "for (const x of y) { await a(db); crashPoint('m.n.o'); }"],
  ])('and not one %s', (_, body) => {
    expect(gapsOf(body)).toEqual([]);
  });
});

describe('a crash point', () => {
  it('stands between any two side effects', () => {
    const gaps = findAll().filter(
      ({ file }) => !Object.keys(EXCEPTIONS).some((place) => file.startsWith(place)),
    );
    expect(gaps.map(wordsOf)).toEqual([]);
  });

  it('is left out in no file that has none to leave out', () => {
    const gaps = findAll();
    const needless = Object.keys(EXCEPTIONS).filter(
      (place) => !gaps.some(({ file }) => file.startsWith(place)),
    );
    expect(needless).toEqual([]);
  });
});
