/**
 * Looks up together what is asked for in the same turn of the event loop: one call of `load` for all keys of it. A
 * key that `load` leaves out is `undefined`. What is asked for after `load` has begun belongs to the next batch, so
 * that an answer is never older than its question.
 */
export function createBatcher<Key, Value>(
  load: (keys: Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  let batch: { keys: Set<Key>; values: Promise<ReadonlyMap<Key, Value>> } | undefined;

  function open(): NonNullable<typeof batch> {
    const keys = new Set<Key>();
    const values = new Promise((resolve) => setImmediate(resolve)).then(() => {
      batch = undefined;
      return load([...keys]);
    });
    return { keys, values };
  }

  return async (key) => {
    batch ??= open();
    batch.keys.add(key);
    return (await batch.values).get(key);
  };
}
