import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPublicAddress } from '../../../src/platform/outbound/isPublicAddress.js';
import { allowsLocal, outboundUrlProblem } from '../../../src/platform/outbound/outboundUrl.js';
import { createOutboundCalls } from '../../../src/platform/outbound/outboundCalls.js';

describe('an address', () => {
  it.each([
    ...[
      '8.8.8.8',
      '1.1.1.1',
      '93.184.216.34',
      '172.15.255.255',
      '172.32.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '223.255.255.255',
    ],
    ...['2606:4700:4700::1111', '2a00:1450:4001:81b::200e'],
  ])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ...[
      '0.0.0.0',
      '10.0.0.1',
      '10.255.255.255',
      '100.64.0.0',
      '100.127.255.255',
      '127.0.0.1',
      '127.255.255.254',
    ],
    ...[
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
      '192.0.0.8',
      '192.168.1.1',
      '198.18.0.1',
      '198.19.255.255',
    ],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      'fd12:3456::1',
      'fec0::1',
      'ff02::1',
      '100::1',
      '2001:db8::1',
      '2001::1',
    ],
    // An IPv4 address inside: mapped, compatible, translated, 6to4, NAT64.
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::127.0.0.1',
      '::ffff:0:127.0.0.1',
      '2002:7f00:1::',
      '64:ff9b::7f00:1',
      '64:ff9b::8.8.8.8',
      '64:ff9b:1::1',
    ],
    ...[
      '::ffff:8.8.8.8',
      'localhost',
      '',
      '1',
      '1.2.3',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '127.0.0.1.',
      ' 8.8.8.8',
    ],
  ])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));

  it('of a private network is none, however it is spelled', () => {
    const v4 = fc.ipV4().filter((address) => /^(10|127)\.|^192\.168\.|^169\.254\./.test(address));
    fc.assert(
      fc.property(v4, (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        for (const one of [
          address,
          `::ffff:${address}`,
          `::ffff:${hex}`,
          `::${hex}`,
          `64:ff9b::${hex}`,
          `2002:${hex}::1`,
        ])
          expect([one, isPublicAddress(one)]).toEqual([one, false]);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void isPublicAddress(text)));
  });
});

describe('a URL that a workspace names', () => {
  const problemOf = (url: string) => outboundUrlProblem(url, { allowLocal: false });

  it.each([
    'https://hooks.example.com/sluice',
    'https://8.8.8.8/x',
    'https://example.com:8443/',
    'https://[2606:4700:4700::1111]/',
  ])('%s may be called, as far as it tells', (url) => expect(problemOf(url)).toBeUndefined());

  it.each([
    ...[
      '',
      'x',
      'http://example.com/',
      'ftp://example.com/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'https://user:pass@example.com/',
    ],
    ...[
      'https://localhost/',
      'https://localhost./',
      'https://metadata/',
      'https://metadata.google.internal/',
      'https://printer.local/',
      'https://a.localhost/',
    ],
    // However it is written, the parser makes 127.0.0.1 or 10.0.0.1 of it.
    ...[
      'https://127.0.0.1/',
      'https://2130706433/',
      'https://0x7f000001/',
      'https://0177.0.0.1/',
      'https://127.1/',
      'https://0x7f.0.0.1/',
      'https://１２７.0.0.1/',
    ],
    ...[
      'https://10.0.0.1/',
      'https://167772161/',
      'https://012.0.0.1/',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:a00:1]/',
      'https://[fd00::1]/',
    ],
    'https://169.254.169.254/latest/meta-data/',
  ])('%s may not', (url) => expect(problemOf(url)).toEqual(expect.any(String)));

  it('may lead to this machine in development only, and never where others reach the service', () => {
    const at = (NODE_ENV: string, PUBLIC_URL: string) => allowsLocal({ NODE_ENV, PUBLIC_URL });
    expect(at('development', 'http://localhost:3000')).toBe(true);
    expect(at('test', 'http://127.0.0.1:1')).toBe(true);
    expect(at('production', 'http://localhost:3000')).toBe(false);
    expect(at('development', 'https://sluice.example.com')).toBe(false);
  });

  it('may be of this machine in development, also without TLS', () => {
    const localProblem = (url: string) => outboundUrlProblem(url, { allowLocal: true });
    for (const url of [
      'http://localhost:3000/x',
      'http://127.0.0.1:1/',
      'http://[::1]/',
      'https://localhost/',
    ])
      expect(localProblem(url)).toBeUndefined();
    for (const url of [
      'http://example.com/',
      'http://10.0.0.1/',
      'http://localhost.example.com/',
      'ftp://localhost/',
    ])
      expect(localProblem(url)).toEqual(expect.any(String));
  });
});

describe('a call', () => {
  let server: Server | undefined;
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  });

  async function listen(
    answer: (url: string) => { status: number; headers?: Record<string, string>; body?: string } | undefined,
  ) {
    const seen: { url: string; body: string; signature: unknown }[] = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push({
          url: request.url ?? '',
          body: Buffer.concat(chunks).toString(),
          signature: request.headers['x-sluice-signature'],
        });
        const reply = answer(request.url ?? '');
        if (reply) response.writeHead(reply.status, reply.headers).end(reply.body);
      });
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return { seen, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  it('brings what it is to bring, and reads nothing but the status', async () => {
    const { seen, origin } = await listen(() => ({ status: 202, body: 'x'.repeat(5_000_000) }));
    const outbound = createOutboundCalls({ allowLocal: true });
    expect(
      await outbound.post({
        url: `${origin}/hook?a=1`,
        body: '{"ü":1}',
        headers: { 'x-sluice-signature': 's' },
      }),
    ).toEqual({
      kind: 'answered',
      status: 202,
    });
    expect(seen).toEqual([{ url: '/hook?a=1', body: '{"ü":1}', signature: 's' }]);
  });

  it('follows no redirect', async () => {
    const { seen, origin } = await listen(() => ({ status: 307, headers: { location: '/elsewhere' } }));
    const outbound = createOutboundCalls({ allowLocal: true });
    expect(await outbound.post({ url: `${origin}/`, body: '', headers: {} })).toEqual({
      kind: 'answered',
      status: 307,
    });
    expect(seen.length).toBe(1);
  });

  it('has a deadline, also for one who takes it and says nothing', async () => {
    const { origin } = await listen(() => undefined);
    const outbound = createOutboundCalls({ allowLocal: true, deadlineMs: 100 });
    expect(await outbound.post({ url: origin, body: '', headers: {} })).toEqual({
      kind: 'failed',
      why: 'No answer within 100 ms',
    });
  });

  it('goes nowhere when a name resolves into a private network, in part or whole', async () => {
    for (const addresses of [
      ['127.0.0.1'],
      ['8.8.8.8', '10.0.0.1'],
      ['::ffff:127.0.0.1'],
      ['169.254.169.254'],
      [],
    ]) {
      const outbound = createOutboundCalls({
        allowLocal: false,
        resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      });
      expect(await outbound.post({ url: 'https://hooks.example.com/', body: '', headers: {} })).toMatchObject(
        { kind: 'refused' },
      );
    }
  });

  it('resolves a name once, and connects to what it judged', async () => {
    let asked = 0;
    const outbound = createOutboundCalls({
      allowLocal: false,
      deadlineMs: 50,
      // What the name points to when it is asked again.
      resolve: async () => [{ address: (asked += 1) === 1 ? '203.0.114.1' : '127.0.0.1', family: 4 }],
    });
    expect(await outbound.post({ url: 'https://hooks.example.com/', body: '', headers: {} })).toMatchObject({
      kind: 'failed',
    });
    expect(asked).toBe(1);
  });

  it('to a URL that may not be called is not made', async () => {
    const { seen, origin } = await listen(() => ({ status: 200 }));
    expect(
      await createOutboundCalls({ allowLocal: false }).post({ url: origin, body: '', headers: {} }),
    ).toMatchObject({ kind: 'refused' });
    expect(seen).toEqual([]);
  });

  it('to somebody who is not there fails', async () => {
    const { origin } = await listen(() => ({ status: 200 }));
    await new Promise((resolve) => server!.close(resolve));
    server = undefined;
    expect(
      await createOutboundCalls({ allowLocal: true }).post({ url: origin, body: '', headers: {} }),
    ).toEqual({
      kind: 'failed',
      why: 'ECONNREFUSED',
    });
  });
});
