/** Instead of the tests of a checkout: migrations alone. */
const MIGRATE = `  # Migrates, then ends: the others start when it succeeded.
  migrate:
    <<: *sluice
    depends_on:
      db:
        condition: service_healthy
    environment:
      <<: *sluice-environment
      DATABASE_ADMIN_URL: postgresql://postgres:\${POSTGRES_PASSWORD:?set it in .env}@db:5432/sluice
    command: ['node', 'node_modules/sluice/dist/cli/migrate.js']
    restart: 'no'

`;

/** What is another thing in a project than in a checkout of Sluice, each a part of docker-compose.yml. */
const CHANGES: readonly (readonly [RegExp, string])[] = [
  [
    /^# {3}docker compose run .*$/m,
    '#   docker compose run --rm migrate node node_modules/sluice/dist/cli/setup.js    # prints the first API key',
  ],
  [/^ {2}# Migrates and tests[^]*?^(?= {2}web:$)/m, MIGRATE],
  [/&after-test\n {6}test:\n/, '&after-migrations\n      migrate:\n'],
  [/\*after-test$/gm, '*after-migrations'],
  [/'dist\//g, "'node_modules/sluice/dist/"],
];

/** The compose file of a project, from the one that Sluice itself has. */
export function composeOfProject(ours: string, name: string): string {
  const theirs = CHANGES.reduce((text, [what, by]) => {
    if (text.search(what) < 0) throw new Error(`docker-compose.yml has nothing that is ${String(what)}`);
    return text.replace(what, by);
  }, ours);
  return theirs
    .replace(/^name: sluice$/m, `name: ${name.replaceAll('.', '-')}`)
    .replace(/image: sluice:\$\{SLUICE_VERSION:-local\}/, `image: ${name}:\${SLUICE_VERSION:-local}`);
}
