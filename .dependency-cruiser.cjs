/**
 * Who may import whom. `npm run lint` checks it; the reason stands with each rule. Floors are the folders of src, rooms the folders in them
 * (docs/architecture.md). A type counts like a value: a name that a lower floor takes from a higher one ties them together all the same.
 */
const OURS = '^(src|sandbox|test|bench|scripts)/';
/** Names and shapes that workflows share with what starts them. */
const CONTRACTS = '^src/temporal/(\\w+/contract|reconciler|searchAttributes|taskQueues)\\.ts$';

/** What each floor may import of the others, from the top down. */
const FLOORS = {
  api: ['services', 'db', 'hubspot', 'temporal', 'sdk', 'secrets', 'domain', 'platform'],
  // `sluice executions replay` replays a history against the workflows of this code.
  cli: ['worker', 'services', 'db', 'hubspot', 'temporal', 'sdk', 'secrets', 'domain', 'platform'],
  worker: ['activities', 'services', 'db', 'hubspot', 'temporal', 'sdk', 'secrets', 'domain', 'platform'],
  workflows: ['activities', 'temporal', 'domain'],
  activities: ['services', 'db', 'hubspot', 'temporal', 'sdk', 'secrets', 'domain', 'platform'],
  services: ['db', 'hubspot', 'temporal', 'sdk', 'secrets', 'domain', 'platform'],
  temporal: ['domain', 'platform'],
  hubspot: ['db', 'secrets', 'domain', 'platform'],
  sdk: ['domain'],
  secrets: ['db', 'domain', 'platform'],
  db: ['domain', 'platform'],
  // The forms of the environment's values are rules of the domain: how a rate is written.
  platform: ['domain'],
  domain: [],
};
/** Rooms of the product, and what each may import of others on any floor. Base rooms never know a feature. */
const ROOMS = {
  // What needs somebody; each room hands over what it knows. Of itself it knows what the service as a whole lacks.
  attention: ['secrets', 'portals', 'workspaces'],
  // Finds things by their ids; each room hands over what it finds.
  search: ['workspaces'],
  audit: ['attention'],
  // What the API says of itself, made of what the rooms describe.
  reference: [],
  workspaces: ['audit', 'attention', 'search'],
  portals: ['audit', 'workspaces', 'hubspot', 'attention', 'search'],
  tokens: ['audit', 'workspaces', 'portals'],
  secrets: ['audit', 'workspaces'],
  hubspot: ['portals'],
  throttle: ['portals', 'hubspot', 'attention', 'search'],
  // Workflow actions of one's own: they wait in lanes, and are completed, as the throttle's executions are.
  actions: ['throttle', 'portals', 'workspaces', 'hubspot', 'attention', 'search'],
  installation: [],
  backup: ['installation'],
  outbox: ['portals', 'workspaces', 'hubspot', 'installation', 'attention', 'search'],
  // What a record is; when it is read is the business of sync.
  crm: ['portals', 'workspaces', 'hubspot', 'installation', 'attention', 'search'],
  // What users define themselves: the rooms that use it are handed what was read.
  definitions: ['actions', 'crm', 'outbox'],
  // Contacts with deals and tickets, written as other records are, and their results in the mirror.
  register: [
    'writes',
    'sync',
    'crm',
    'outbox',
    'portals',
    'workspaces',
    'hubspot',
    'installation',
    'attention',
    'search',
  ],
  // What is stored of one person, and how it is erased; each room says where that may stand.
  privacy: ['crm', 'portals', 'workspaces', 'installation', 'attention', 'search'],
  // One of its passes reads what webhooks have named.
  sync: ['webhooks', 'crm', 'portals', 'workspaces', 'hubspot', 'installation', 'attention', 'search'],
  // Records are written by the batches of the outbox, and what came of them enters the mirror as what sync reads does.
  writes: [
    'outbox',
    'sync',
    'crm',
    'portals',
    'workspaces',
    'hubspot',
    'installation',
    'attention',
    'search',
  ],
  // What HubSpot tells is a hint: what it names is read by a pass of sync, and erased as privacy does.
  webhooks: ['sync', 'privacy', 'crm', 'portals', 'workspaces', 'hubspot', 'attention', 'search'],
};
/** What stands in a floor without being a room of the product. */
const WITHIN_HUBSPOT = ['wire', 'budget', 'oauth', 'tokens', 'gateway'];

const any = (names) => `(${names.join('|')})`;
const except = (all, allowed, own) =>
  Object.keys(all).filter((name) => name !== own && !allowed.includes(name));

const floorRules = Object.entries(FLOORS).map(([floor, below]) => ({
  name: `floor-${floor}`,
  comment: `${floor} imports ${below.join(', ') || 'nothing of ours'}. Floors look down only.`,
  severity: 'error',
  from: { path: `^src/${floor}/` },
  to: { path: `^src/${any(except(FLOORS, below, floor))}/` },
}));

const roomRules = Object.entries(ROOMS).map(([room, others]) => ({
  name: `room-${room}`,
  comment: `${room} imports ${others.join(', ') || 'no other room'}. What another needs of it is handed over.`,
  severity: 'error',
  // hubspot, secrets and platform are floors of their own, with parts that bear some of these names.
  from: { path: `^src/(api|cli|worker|workflows|activities|services|temporal|db|domain|sdk)/${room}/` },
  to: {
    path: `^src/(api|cli|worker|workflows|activities|services|temporal|db|domain|sdk)/${any(except(ROOMS, others, room))}/`,
  },
}));

const hubspotRules = WITHIN_HUBSPOT.slice(0, -1).map((part, n) => ({
  name: `hubspot-${part}`,
  comment: `Within hubspot each part may use those before it: ${WITHIN_HUBSPOT.join(', ')}.`,
  severity: 'error',
  from: { path: `^src/hubspot/${part}/` },
  to: { path: `^src/hubspot/${any(WITHIN_HUBSPOT.slice(n + 1))}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one thing, or hide a third: types included.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...floorRules,
    ...roomRules,
    ...hubspotRules,
    {
      name: 'http-knows-no-room',
      comment: 'What all routes share takes a list of rooms; app.ts does not grow with them.',
      severity: 'error',
      from: { path: '^src/api/http/' },
      to: { path: `^src/api/${any(Object.keys(ROOMS))}/` },
    },
    {
      name: 'incoming-stands-alone',
      comment: 'Checking a signature needs nothing of what talks to HubSpot, nor the other way round.',
      severity: 'error',
      from: { path: '^src/hubspot/incoming/' },
      to: { path: `^src/hubspot/${any(WITHIN_HUBSPOT)}/` },
    },
    {
      name: 'domain-is-pure',
      comment:
        'Rules of the business: no I/O and no packages, so that they can be tested by properties alone.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: [OURS, '^node_modules/'], pathNot: ['^src/domain/', '^node_modules/zod/'] },
    },
    {
      name: 'domain-does-no-io',
      comment: 'Hashing is arithmetic.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { dependencyTypes: ['core'], pathNot: '^crypto$' },
    },
    {
      name: 'workflows-are-deterministic',
      comment:
        'They run again from history: only the workflow SDK, the domain, contracts, and types of activities.',
      severity: 'error',
      from: { path: '^src/workflows/' },
      to: {
        pathNot: ['^src/(workflows|domain)/', CONTRACTS, '^node_modules/@temporalio/(workflow|common)/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'contracts-are-pure',
      comment: 'Workflows import these files, so what they import ends up in the workflow bundle.',
      severity: 'error',
      from: { path: CONTRACTS },
      to: {
        pathNot: ['^src/domain/', '^node_modules/@temporalio/common/', CONTRACTS],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'one-way-to-hubspot',
      comment: 'A second way to HubSpot spends a budget that nobody counts.',
      severity: 'error',
      from: { pathNot: '^(src/hubspot|bench/peers)/' },
      to: { path: '^node_modules/@hubspot/api-client/' },
    },
    {
      name: 'outbound-http-has-two-places',
      comment:
        'The gateway talks to HubSpot, platform/outbound to vetted addresses. What we serve is served by node:http.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(hubspot|platform/outbound)/' },
      to: { path: '^node_modules/undici/' },
    },
    {
      name: 'one-seam-to-temporal',
      comment: 'Start, signal and describe live in src/temporal/; everything else calls that.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/temporal/' },
      to: { path: '^node_modules/@temporalio/client/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'workers-only-in-worker',
      comment: 'The worker SDK loads a native library; the CLI needs it for replays.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(worker|cli)/' },
      to: { path: '^node_modules/@temporalio/worker/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sql-lives-in-db',
      comment: 'But for the statements of capture, which run in the application that imports sluice/outbox.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(db|sdk/outbox)/' },
      to: { path: '^node_modules/(pg|drizzle-orm)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-api-serves-http',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(api|console)/' },
      to: { path: '^node_modules/express/' },
    },
    {
      name: 'sandbox-stands-alone',
      comment: 'A simulator that shares code with what it judges repeats its mistakes.',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: OURS, pathNot: '^sandbox/' },
    },
    {
      name: 'product-does-not-need-its-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(sandbox|test|bench|scripts)/' },
    },
    {
      name: 'product-runs-without-dev-dependencies',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'scripts-run-on-bare-node',
      comment: '`npm start` and `npm test` are what installs everything else.',
      severity: 'error',
      from: { path: '^scripts/' },
      to: { pathNot: '^scripts/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'everything-resolves',
      comment:
        'What benchmarks compare with, and the parser of projects, are installed by package.json of their own.',
      severity: 'error',
      from: { pathNot: '^(bench/peers|test/hubspotProject)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^coverage/', '^\\.sluice/', '^sandbox/page/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
    moduleSystems: ['es6', 'cjs'],
  },
};
