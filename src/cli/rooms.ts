import type { Command } from 'commander';
import type { Context } from './context.js';

/**
 * A noun of the command line. What it needs is loaded when it is used, so that one noun costs nothing of the others.
 */
export interface CliNoun {
  readonly noun: string;
  readonly description: string;
  /** Gives what adds the verbs to the noun's command. */
  readonly load: () => Promise<(noun: Command, context: Context) => void>;
}

/** The nouns, in the order of the help; the file of each lies in the folder of its room. */
export const NOUNS: readonly CliNoun[] = [
  {
    noun: 'status',
    description:
      'is all well, what waits, what fails, and what to do; exits with 1 when something needs somebody',
    load: async () => (await import('./attention/status.js')).addStatus,
  },
  {
    noun: 'new',
    description: 'write a project of your own into an empty folder, with Sluice as its package',
    load: async () => (await import('./definitions/newProject.js')).addNew,
  },
  {
    noun: 'start',
    description: 'start everything on this machine, as npm start does',
    load: async () => (await import('./definitions/start.js')).addStart,
  },
  {
    noun: 'init',
    description: 'write a .env for an app of yours at HubSpot, and look whether HubSpot can call it',
    load: async () => (await import('./init.js')).addInit,
  },
  {
    noun: 'doctor',
    description:
      'looks at all that the service needs, beside it: environment, database, Temporal, PUBLIC_URL, HubSpot, portals, keys, disk',
    load: async () => (await import('./doctor.js')).addDoctor,
  },
  {
    noun: 'search',
    description: 'find a thing by its id, whichever kind of id it is',
    load: async () => (await import('./search/search.js')).addSearch,
  },
  {
    noun: 'login',
    description: 'note an API and a key of it under a name, and use it from now on',
    load: async () => (await import('./shell/login.js')).addLogin,
  },
  {
    noun: 'logout',
    description: 'forget the key of the context in use',
    load: async () => (await import('./shell/login.js')).addLogout,
  },
  {
    noun: 'contexts',
    description: 'the APIs that login has noted',
    load: async () => (await import('./shell/contexts.js')).addContexts,
  },
  {
    noun: 'lanes',
    description: 'the queues in which executions wait, each under one rate',
    load: async () => (await import('./throttle/lanes.js')).addLanes,
  },
  {
    noun: 'executions',
    description: 'the calls of HubSpot that wait, and those that ended',
    load: async () => (await import('./throttle/executions.js')).addExecutions,
  },
  {
    noun: 'actions',
    description: 'workflow actions of your own, and what became of their calls',
    load: async () => (await import('./actions/actions.js')).addActions,
  },
  {
    noun: 'outbox',
    description: 'events of applications on their way to HubSpot, and those that did not arrive',
    load: async () => (await import('./outbox/outbox.js')).addOutbox,
  },
  {
    noun: 'sync',
    description: 'what of which portals is mirrored: start, pause, resume',
    load: async () => (await import('./sync/sync.js')).addSync,
  },
  {
    noun: 'records',
    description: 'records of HubSpot as the mirror has them, what changed in them, and changing them',
    load: async () => {
      const { addRecords } = await import('./crm/records.js');
      const { addWrites } = await import('./writes/writes.js');
      const { addPrivacy } = await import('./privacy/privacy.js');
      return (records, context) => {
        addRecords(records, context);
        addWrites(records, context);
        addPrivacy(records, context);
      };
    },
  },
  {
    noun: 'sql',
    description: 'views of the mirror for people who ask in SQL, and which logins read them',
    load: async () => (await import('./crm/sql.js')).addSql,
  },
  {
    noun: 'consumers',
    description: 'who reads the feed of changes under a name, how far they are, and what they refuse',
    load: async () => (await import('./crm/consumers.js')).addConsumers,
  },
  {
    noun: 'registrations',
    description: 'contacts with their deals and tickets that were written at once, and those that failed',
    load: async () => (await import('./register/registrations.js')).addRegistrations,
  },
  {
    noun: 'webhooks',
    description: 'what HubSpot has told by webhooks, and which records were read for it',
    load: async () => (await import('./webhooks/webhooks.js')).addWebhooks,
  },
  {
    noun: 'import',
    description: 'take over what an earlier service has left',
    load: async () => {
      const { addImport } = await import('./outbox/importOutbox.js');
      const { addImportThrottler } = await import('./importThrottler.js');
      return (noun, context) => {
        addImport(noun, context);
        addImportThrottler(noun, context);
      };
    },
  },
  {
    noun: 'portals',
    description: 'the HubSpot accounts that are connected',
    load: async () => (await import('./portals/portals.js')).addPortals,
  },
  {
    noun: 'rates',
    description: 'rates that are set for an action of a portal',
    load: async () => (await import('./throttle/actionRates.js')).addRates,
  },
  {
    noun: 'encryption-keys',
    description: 'the keys that seal secrets at rest (needs DATABASE_ADMIN_URL and ENCRYPTION_KEYS)',
    load: async () => (await import('./secrets/encryptionKeys.js')).addEncryptionKeys,
  },
  {
    noun: 'installation',
    description:
      'which installation this database is, and what to say after a restore (needs DATABASE_ADMIN_URL)',
    load: async () => (await import('./installation/installation.js')).addInstallation,
  },
  {
    noun: 'backup',
    description: 'write everything that the database holds to a file (needs DATABASE_ADMIN_URL)',
    load: async () => (await import('./backup/backup.js')).addBackup,
  },
  {
    noun: 'restore',
    description: 'put such a file into an empty database (needs DATABASE_ADMIN_URL)',
    load: async () => (await import('./backup/backup.js')).addRestore,
  },
  {
    noun: 'notices',
    description: "what the workspace's URL is told",
    load: async () => (await import('./workspaces/notices.js')).addNotices,
  },
  {
    noun: 'demo',
    description: 'enrol records in the sandbox, or make trouble there, and see what becomes of it',
    load: async () => (await import('./demo.js')).addDemo,
  },
  {
    noun: 'audit',
    description: 'what was done, by whom, and whether the record of it holds',
    load: async () => (await import('./audit/audit.js')).addAudit,
  },
  {
    noun: 'api-keys',
    description: 'the keys with which programs use this API',
    load: async () => (await import('./workspaces/apiKeys.js')).addApiKeys,
  },
  {
    noun: 'workspaces',
    description: 'that of your API key; the tenants of this service (needs DATABASE_ADMIN_URL)',
    load: async () => (await import('./workspaces/workspaces.js')).addWorkspaces,
  },
  {
    noun: 'api',
    description: 'send any request to the API, and print what it answers',
    load: async () => (await import('./rawCall.js')).addRawCall,
  },
  {
    noun: 'shell',
    description: 'a prompt at which the client of the API can be used, for reading unless --write is given',
    load: async () => (await import('./shell/shell.js')).addShell,
  },
  {
    noun: 'completion',
    description: 'what a shell needs to complete commands, options and ids at a TAB',
    load: async () => (await import('./shell/completion.js')).addCompletion,
  },
];

/** Names that commands had. They go on, and are shown nowhere. */
const FORMER_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ['keys', ['encryption-keys']],
  ['config', ['rates']],
  ['workspace', ['workspaces']],
  ['executions release', ['executions', 'first']],
  ['outbox mapping', ['outbox', 'mappings']],
  ['portals config', ['portals', 'settings']],
]);

/** The command line as it is written today. */
export function currentWords(args: readonly string[]): string[] {
  const [noun = '', verb = ''] = args;
  const both = FORMER_NAMES.get(`${noun} ${verb}`);
  if (both) return [...both, ...args.slice(2)];
  return [...(FORMER_NAMES.get(noun) ?? args.slice(0, 1)), ...args.slice(1)];
}
