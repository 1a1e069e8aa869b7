import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { serviceAttention } from '../../../src/api/attention/serviceAttention.js';
import { OPERATIONS } from '../../../src/api/operations.js';
import type { InstallJournal } from '../../../src/api/portals/install/installJournal.js';
import { portalsAttention } from '../../../src/api/portals/portalsAttention.js';
import { renderGuide } from '../../../src/api/reference/guideRouter.js';
import { runCli } from '../../../src/cli/program.js';
import { attentionItem, countInWords } from '../../../src/domain/attention/attention.js';
import { ATTENTION, ATTENTION_KINDS, type AttentionKind } from '../../../src/domain/attention/kinds.js';
import type { Health } from '../../../src/platform/health.js';

const UUID = '9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c11';
const itemOf = (kind: AttentionKind) =>
  attentionItem({ kind, subjectId: '17', portalId: 41_000_009, since: null, count: 3, happened: 'x' });

describe('each kind of what needs somebody', () => {
  it.each(ATTENTION_KINDS)('names a request that the API has: %s', (kind) => {
    const [method = '', url = ''] = ATTENTION[kind].request.split(' ');
    const path = url.replace(/\?.*$/, '').replace(/\{\w+\}/g, '{}');
    const known = OPERATIONS.map(
      (one) => `${one.method.toUpperCase()} ${one.path.replace(/\{\w+\}/g, '{}')}`,
    );
    expect(known).toContain(`${method} ${path}`);
  });

  it.each(ATTENTION_KINDS)('names a command that there is, with options that it has: %s', async (kind) => {
    const words = itemOf(kind).command.replace('npx sluice ', '').split(' ');
    let help = '';
    const verb = words.slice(0, words[0] === 'status' ? 1 : words[1] === 'runs' ? 3 : 2);
    const code = await runCli([...verb, '--help'], {
      ...{ out: (text) => (help += text), err: (text) => (help += text) },
      ...{ env: {}, cwd: '/' },
    });
    expect([code, help]).toEqual([0, expect.stringContaining(`sluice ${verb.join(' ')}`)]);
    for (const option of words.filter((word) => word.startsWith('--'))) expect(help).toContain(option);
  });

  it.each(ATTENTION_KINDS)('has a runbook that is served: %s', (kind) => {
    const [page = '', heading = ''] = ATTENTION[kind].runbook.split('#');
    const file = `docs/${page}.md`;
    expect(existsSync(file)).toBe(true);
    expect(renderGuide(readFileSync(file, 'utf8'), page)).toContain(`id="${heading}"`);
    expect(itemOf(kind).runbook).toBe(`/docs/guide/${page}#${heading}`);
  });

  it('leaves nothing to be filled in', () => {
    for (const kind of ATTENTION_KINDS) expect(JSON.stringify(itemOf(kind))).not.toMatch(/\{\w+\}/);
  });

  it('comes after all that are more urgent', () => {
    const severities = ATTENTION_KINDS.map((kind) => ATTENTION[kind].severity);
    expect(severities.lastIndexOf('urgent')).toBeLessThan(severities.indexOf('soon'));
  });
});

describe('a count', () => {
  it.each([
    [1, '1 execution'],
    [12, '12 executions'],
    [1000, '1,000 executions or more'],
  ])('says where it stopped: %i', (count, words) => {
    expect(countInWords(count, 'execution')).toBe(words);
  });
});

describe('what is found beside the database', () => {
  it('is what /readyz says, with what the check says is to be done', async () => {
    const check = { id: 'temporal', what: 'Temporal answers', mend: 'Start it', run: async () => undefined };
    const health: Pick<Health, 'problems'> = {
      problems: async () => [{ check, problem: 'Temporal does not answer', error: new Error('secret host') }],
    };
    const found = await serviceAttention({ health, firstKeyId: 'k' }).findElsewhere?.(UUID);
    expect(found?.findings.map(attentionItem)).toMatchObject([
      {
        id: 'not_ready:temporal',
        happened: 'Temporal does not answer',
        mend: 'Start it',
        severity: 'urgent',
      },
    ]);
    expect(JSON.stringify(found)).not.toContain('secret host');
  });

  it('is an install that the database has not taken, for its own workspace alone', async () => {
    const grantedAtMs = Date.now() - 60_000;
    const journal = {
      list: async () => ({
        installs: [{ id: 'a', begun: { workspaceId: UUID }, grant: { portalId: 62_515 }, grantedAtMs }],
        unreadable: [],
      }),
    } as unknown as InstallJournal;
    const source = portalsAttention({ ERROR_SHARE_PERCENT: 5 }, journal);
    const found = await source.findElsewhere?.(UUID);
    expect(found?.findings).toMatchObject([{ kind: 'install_kept', portalId: 62_515 }]);
    expect((await source.findElsewhere?.('another'))?.findings).toEqual([]);
  });
});
