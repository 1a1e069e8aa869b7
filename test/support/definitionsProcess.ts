import { loadDefinitions } from '../../src/services/definitions/loadDefinitions.js';

/**
 * Loads what is defined in each folder that is named, as a process does when it starts, and prints a line of JSON for
 * each: what was read, or what was said. jest's own loader of modules is another one than that of the service.
 */
for (const dir of process.argv.slice(2)) {
  const line = await loadDefinitions({ SLUICE_CONFIG: undefined }, dir).then(
    ({ actions, events, handlers, throttle }) => ({
      ...{ throttle, actions: [...actions.keys()], handlers: [...handlers.keys()] },
      events: events.list().map(({ name }) => name),
    }),
    (error: Error) => ({ error: error.message, name: error.name }),
  );
  console.log(JSON.stringify(line));
}
process.exit(); // an await at the top level of one of them does not end
