import type { DataKeys } from '../../src/db/secrets/dataKeys.js';
import { createSealing, type Sealing } from '../../src/secrets/sealing.js';
import type { WrappedKey } from '../../src/db/secrets/dataKeys.js';
import { Secret } from '../../src/platform/secret.js';

/** A key-encryption key that is the same in every run. */
export function testKey(id: string, fill = 7): { id: string; key: Secret } {
  return { id, key: new Secret(Buffer.alloc(32, fill).toString('base64')) };
}

/** Data keys in memory; `retire` is what a rotation does. */
export function memoryDataKeys(): DataKeys & { all: WrappedKey[]; retire(): void; reads: number } {
  const retired = new Set<string>();
  const store = {
    all: [] as WrappedKey[],
    reads: 0,
    retire: () => store.all.forEach(({ id }) => retired.add(id)),
    current: async (workspaceId: string) => {
      store.reads += 1;
      return store.all.findLast((one) => one.workspaceId === workspaceId && !retired.has(one.id));
    },
    find: async (workspaceId: string, id: string) => {
      store.reads += 1;
      return store.all.find((one) => one.workspaceId === workspaceId && one.id === id);
    },
    add: async (key: WrappedKey) => {
      store.all.push(key);
      return key;
    },
  };
  return store;
}

export function testSealing(): Sealing {
  return createSealing([testKey('test')], memoryDataKeys());
}
