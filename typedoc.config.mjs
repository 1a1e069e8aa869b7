import { OptionDefaults } from 'typedoc';

/** The reference of what the package exports: `npm run docs`. */
export default {
  entryPoints: [
    'src/sdk/sluice.ts',
    'src/sdk/outbox/outbox.ts',
    'src/sdk/client/client.ts',
    'src/sdk/actions/actions.ts',
  ],
  tsconfig: 'tsconfig.build.json',
  out: '.sluice/reference',
  name: 'Sluice',
  readme: 'none',
  excludePrivate: true,
  disableSources: true,
  // Those of the API's description, which the types of the client repeat.
  blockTags: [...OptionDefaults.blockTags, '@description', '@constant'],
  // Of which exported types are made; they say nothing by themselves.
  intentionallyNotExported: ['Api', 'CRM_OBJECTS', 'Init', 'InitArguments', 'mappingSchema'],
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: true, rewrittenLink: true },
  // Fields are left out: most of them are those of the API, which its description explains.
  requiredToBeDocumented: ['Class', 'Interface', 'Function', 'Method', 'TypeAlias', 'Variable', 'Accessor'],
};
