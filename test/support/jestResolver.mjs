/**
 * How jest finds a module: as it does by itself, except that `require` is not offered the condition `module-sync`.
 *
 * Where Node can load an ES module by `require` (24 and later), jest offers that condition to `require`, and a package
 * that has an entry for it answers with an ES module. jest cannot load one that is part of a circle, which is how
 * express failed: "Cannot access 'getAsyncFunction' before initialization". Such a package also has a CommonJS entry,
 * for versions of Node without the condition, and that one is taken here.
 *
 * @param {string} specifier
 * @param {{ conditions?: readonly string[], defaultResolver: (specifier: string, options: object) => string }} options
 * @returns {string} the path of the file
 */
export function sync(specifier, options) {
  const { conditions, defaultResolver } = options;
  if (!conditions?.includes('require')) return defaultResolver(specifier, options);
  return defaultResolver(specifier, { ...options, conditions: withoutModuleSync(conditions) });
}

// jest hands over the same array each time and keeps its resolvers by array, so an array is copied once.
const copies = new WeakMap();

function withoutModuleSync(conditions) {
  let copy = copies.get(conditions);
  if (copy === undefined) {
    copy = conditions.filter((condition) => condition !== 'module-sync');
    copies.set(conditions, copy);
  }
  return copy;
}
