/** The arrows of the house: who may import whom. `npm run lint` checks them; the reason stands with each rule. */
const SRC = (...rooms) => `^src/(${rooms.join('|')})(/|\\.ts$)`;
/** Names and shapes that workflows share with what starts them. */
const CONTRACTS = '^src/temporal/(\\w+/contract|reconciler|searchAttributes|taskQueues)\\.ts$';
const OURS = '^(src|sandbox|test|bench|scripts)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one thing, or hide a third. Types may look both ways.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'domain-is-pure',
      comment:
        'Rules of the business: no I/O, nothing of ours, so that they can be tested by properties alone.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: [OURS, '^node_modules/'], pathNot: '^src/domain/' },
    },
    {
      name: 'domain-does-no-io',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { dependencyTypes: ['core'], pathNot: '^crypto$' },
    },
    {
      name: 'workflows-are-deterministic',
      comment:
        'They run again from history. Only the workflow SDK, the domain, and the names they share with the client.',
      severity: 'error',
      from: { path: '^src/workflows/' },
      to: {
        pathNot: ['^src/(workflows|domain)/', CONTRACTS, '^node_modules/@temporalio/(workflow|common)/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'names-shared-with-workflows-are-pure',
      comment: 'Workflows import these files, so what they import ends up in the workflow bundle.',
      severity: 'error',
      from: { path: CONTRACTS },
      to: {
        pathNot: ['^src/domain/', '^node_modules/@temporalio/common/', CONTRACTS],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'one-door-to-hubspot',
      comment: 'Whoever opens a second way to HubSpot spends a budget that nobody counts.',
      severity: 'error',
      from: { pathNot: '^(src/hubspot|bench/peers)/' },
      to: { path: '^node_modules/@hubspot/api-client/' },
    },
    {
      name: 'one-door-has-one-key',
      comment: 'HTTP clients are for the door. What we serve is served by node:http.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/hubspot/' },
      to: { path: '^node_modules/undici/' },
    },
    {
      name: 'one-seam-to-temporal',
      comment: 'Start, signal and describe live in src/temporal/; everybody else calls that.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/temporal/' },
      to: { path: '^node_modules/@temporalio/client/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'workers-only-in-worker',
      comment: 'The worker SDK loads a native library; the CLI needs it for replays.',
      severity: 'error',
      from: { path: '^src/', pathNot: SRC('worker', 'cli') },
      to: { path: '^node_modules/@temporalio/worker/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sql-lives-in-db',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(db|sdk/outbox)/' },
      to: { path: '^node_modules/(pg|drizzle-orm)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'db-knows-domain-and-platform-only',
      comment:
        'What the database needs of the floors above it is passed in; what both need is a type of the domain.',
      severity: 'error',
      from: { path: '^src/db/' },
      to: { path: OURS, pathNot: SRC('db', 'domain', 'platform') },
    },
    {
      name: 'api-never-calls-activities',
      comment: 'Work that must survive goes through a commit and a workflow.',
      severity: 'error',
      from: { path: '^src/api/' },
      to: { path: SRC('activities', 'workflows', 'worker') },
    },
    {
      name: 'activities-know-no-http',
      severity: 'error',
      from: { path: SRC('activities', 'workflows') },
      to: { path: [SRC('api', 'console', 'cli'), '^node_modules/express/'] },
    },
    {
      name: 'lower-floors-look-down',
      comment: 'db, hubspot and temporal serve api and worker and know nothing of them.',
      severity: 'error',
      from: { path: SRC('db', 'hubspot', 'temporal') },
      to: {
        path: SRC('api', 'activities', 'worker', 'cli', 'console'),
        dependencyTypesNot: ['type-only'],
      },
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
      comment: 'What benchmarks compare with is installed by bench/package.json, not by ours.',
      severity: 'error',
      from: { pathNot: '^bench/peers/' },
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
