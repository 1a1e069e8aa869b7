import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { callForAgain } from '../../../src/cli/importedExecutions.js';
import { Secret } from '../../../src/platform/secret.js';

const ANSWER = JSON.stringify({ outputFields: { hs_execution_state: 'BLOCK' } });
let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** The API, which gives these answers in their order, the last for ever. */
async function answering(...answers: RequestListener[]) {
  let calls = 0;
  const server = createServer((request, response) => {
    request.resume();
    answers[Math.min(calls++, answers.length - 1)]!(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const config = {
    PUBLIC_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    HUBSPOT_CLIENT_SECRET: [new Secret('secret')],
  };
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  return {
    call: () => callForAgain(config, { body: {} } as Parameters<typeof callForAgain>[1], pause),
    calls: () => calls,
    pauses,
  };
}
const breaksOff: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': '500' });
  response.write(ANSWER.slice(0, 20), () => response.destroy());
};
const unavailable: RequestListener = (_, response) => void response.writeHead(503).end();
const taken: RequestListener = (_, response) => void response.writeHead(200).end(ANSWER);

describe('an execution of an earlier throttle', () => {
  it('is called for again, later and later, where the answer breaks off or is a 503', async () => {
    const api = await answering(breaksOff, unavailable, taken);
    expect(await api.call()).toEqual({ hs_execution_state: 'BLOCK' });
    expect([api.calls(), api.pauses]).toEqual([3, [200, 400]]);
  });

  it('ends with the reason where it is not taken in six tries', async () => {
    const api = await answering(breaksOff);
    await expect(api.call()).rejects.toThrow(/answers 200 and breaks off \(\w+.*\): see/);
    expect(api.calls()).toBe(6);
  });

  it('is not called for again where somebody else answers', async () => {
    const api = await answering((_, response) => void response.writeHead(200).end('<html>'));
    await expect(api.call()).rejects.toThrow('answers 200, and not as Sluice does');
    expect(api.calls()).toBe(1);
  });
});
