import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  accessTokenContext,
  refreshTokenContext,
  type EncryptionContext,
} from '../../../src/secrets/encryptionContext.js';
import { AppError } from '../../../src/platform/errors.js';
import { createKeyring } from '../../../src/secrets/keyring.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { Secret } from '../../../src/platform/secret.js';
import { memoryDataKeys } from '../../support/sealing.js';

const key = (id: string) => ({ id, key: new Secret(randomBytes(32).toString('base64')) });
const old = key('k1');
const current = key('k2');
const WORKSPACE = '7f9c1e2a-0000-4000-8000-000000000001';
const context = accessTokenContext(WORKSPACE, 42);

/** As the first version sealed: by a key of ENCRYPTION_KEYS itself. */
function sealAsV1(by: ReturnType<typeof key>, text: string): string {
  const iv = randomBytes(12);
  const aad = [WORKSPACE, 'portals', '42', 'access_token'].map((part) => `${part.length}:${part}`).join('|');
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(by.key.reveal(), 'base64'), iv).setAAD(
    Buffer.from(aad),
  );
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [
    'v1',
    by.id,
    ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url')),
  ].join('.');
}

describe('sealing', () => {
  const dataKeys = memoryDataKeys();
  const sealing = createSealing([current, old], dataKeys);

  it('opens what it sealed, and never seals the same value alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        const [one, two] = [await sealing.seal(text, context), await sealing.seal(new Secret(text), context)];
        expect(one).not.toBe(two);
        expect(one).toMatch(/^v2\.[0-9a-f-]{36}\.[\w-]{16}\.[\w-]*\.[\w-]{22}$/);
        expect((await sealing.open(one, context)).reveal()).toBe(text);
        expect((await sealing.open(two, context)).reveal()).toBe(text);
      }),
    );
  });

  it('has one data key for each workspace, asked for once', async () => {
    const store = memoryDataKeys();
    const fresh = createSealing([current], store);
    const other = '7f9c1e2a-0000-4000-8000-000000000002';
    const sealed = await Promise.all(
      [1, 2, 3].map((row) => fresh.seal('x', accessTokenContext(WORKSPACE, row))),
    );
    await fresh.seal('x', accessTokenContext(other, 1));
    expect(store.all.map(({ workspaceId }) => workspaceId)).toEqual([WORKSPACE, other]);
    for (const [n, one] of sealed.entries()) await fresh.open(one, accessTokenContext(WORKSPACE, n + 1));
    expect(store.reads).toBe(3);
  });

  it('opens values of the first form with whichever key sealed them', async () => {
    expect((await sealing.open(sealAsV1(old, 'token'), context)).reveal()).toBe('token');
    await expect(createSealing([current], dataKeys).open(sealAsV1(old, 'token'), context)).rejects.toThrow(
      /key "k1": add it to ENCRYPTION_KEYS/,
    );
  });

  it('opens with a data key that is retired, and seals with the new one', async () => {
    const store = memoryDataKeys();
    const before = await createSealing([current], store).seal('token', context);
    store.retire();
    const after = createSealing([current], store);
    const sealed = await after.seal('token', context);
    expect(store.all.map(({ id }) => id)).toEqual([before.split('.')[1], sealed.split('.')[1]]);
    for (const one of [before, sealed]) expect((await after.open(one, context)).reveal()).toBe('token');
  });

  it('names the key that is missing, of the ring and of the table', async () => {
    const store = memoryDataKeys();
    const sealed = await createSealing([old], store).seal('token', context);
    await expect(createSealing([current], store).open(sealed, context)).rejects.toThrow(
      /wrapped by key "k1": add it to ENCRYPTION_KEYS/,
    );
    await expect(createSealing([old], memoryDataKeys()).open(sealed, context)).rejects.toThrow(
      new RegExp(`data key ${sealed.split('.')[1]}, which has been deleted`),
    );
    const impostor = { id: 'k1', key: current.key };
    await expect(createSealing([impostor], store).open(sealed, context)).rejects.toThrow(
      /is not the one that wrapped it/,
    );
  });

  it('does not open a value in another place', async () => {
    const sealed = await sealing.seal('token', context);
    for (const elsewhere of [
      { ...context, workspaceId: '7f9c1e2a-0000-4000-8000-000000000002' },
      { ...context, row: 43 },
      refreshTokenContext(WORKSPACE, 42),
      { ...context, table: 'workspaces' } as unknown as EncryptionContext,
    ]) {
      await expect(sealing.open(sealed, elsewhere)).rejects.toThrow(AppError);
    }
  });

  it('does not take a data key that was moved to another workspace or id', () => {
    const ring = createKeyring([current]);
    const made = ring.create('a', 'w1');
    ring.unwrap(made);
    expect(() => ring.unwrap({ ...made, workspaceId: 'w2' })).toThrow(/not genuine/);
    expect(() => ring.unwrap({ ...made, id: 'b' })).toThrow(/not genuine/);
  });

  it('notices any change, and never throws anything but an AppError', async () => {
    const bytes = (text: string) =>
      text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
    for (const sealed of [await sealing.seal('token', context), sealAsV1(old, 'token')]) {
      await fc.assert(
        fc.asyncProperty(fc.nat(sealed.length - 1), fc.constantFrom(...'AZaz09-_.'), async (at, letter) => {
          const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
          // The last letters of base64 carry spare bits: what decodes to the same bytes is the same value.
          fc.pre(
            bytes(changed).slice(2).join() !== bytes(sealed).slice(2).join() || at < sealed.indexOf('.', 3),
          );
          fc.pre(changed !== sealed);
          await expect(sealing.open(changed, context)).rejects.toThrow(AppError);
        }),
      );
    }
    await fc.assert(
      fc.asyncProperty(fc.string(), (text) => expect(sealing.open(text, context)).rejects.toThrow(AppError)),
    );
  });

  it('says nothing of the value in its errors', async () => {
    const sealed = await sealing.seal('canary-3141', context);
    const error = await sealing.open(sealed, { ...context, row: 1 }).catch((one: unknown) => one);
    expect(String(error)).toMatch(/not genuine/);
    expect(JSON.stringify(error) + String(error)).not.toContain('canary');
  });

  it('makes a failure to read the data key no lasting one', async () => {
    const store = memoryDataKeys();
    const find = store.current;
    store.current = () => Promise.reject(new Error('away'));
    const fresh = createSealing([current], store);
    await expect(fresh.seal('x', context)).rejects.toThrow('away');
    store.current = find;
    await fresh.seal('x', context);
  });
});
