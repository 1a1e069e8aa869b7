import { installApp } from '../support/installApp.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';
import {
  laneWithShortToken,
  portalRow,
  reauthNotices,
  tokenCalls,
  tokenProblems,
  untilRefreshing,
  untilState,
  watchTokens,
} from './installed.js';

const COUNT = 200;
const RATE = { limit: 20, intervalMs: 1000 };
const LIFETIME_SECONDS = 12;
/** One that was lost, one that gives the next token; one more where it is refused. */
const MAX_REFRESHES = 3;

interface Trial {
  readonly name: string;
  readonly rotate: boolean;
  readonly oldIsGoodForMs: number;
  readonly end: 'goes on' | 'needs a new authorisation';
}

const TRIALS: readonly Trial[] = [
  { name: 'the refresh token stays the same', rotate: false, oldIsGoodForMs: 0, end: 'goes on' },
  {
    name: 'a new refresh token, the old one is good for a minute',
    rotate: true,
    oldIsGoodForMs: 60_000,
    end: 'goes on',
  },
  {
    name: 'a new refresh token, the old one is dead',
    rotate: true,
    oldIsGoodForMs: 0,
    end: 'needs a new authorisation',
  },
];

export const refreshAnswerLost: Fault = {
  id: 'F40',
  title:
    'the answer to a refresh is lost, with and without rotation of refresh tokens, and one comes after a new install',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ env: { TOKEN_REFRESH_BEFORE_MS: '4000' } });
    const writes = await watchTokens(stack);
    const problems: string[] = [];
    const flows: Flow[] = [];
    let lostAnswers = 0;
    for (const trial of TRIALS) {
      const { flow, found } = await answerLost(stack, trial);
      flows.push(flow);
      problems.push(...found.problems.map((words) => `${trial.name}: ${words}`));
      lostAnswers += found.answersLost;
      say(`${trial.name}: ${found.refreshes} refreshes, ${trial.end}`);
    }
    const late = await answerAfterInstall(stack);
    flows.push(late.flow);
    problems.push(...late.problems, ...(await writes.problems()));
    return verdictOf(
      stack,
      { windows: flows.map((flow) => ({ flow, ...RATE })) },
      { problems, figures: [['answersLost', lostAnswers]] },
    );
  },
};

async function answerLost(stack: Stack, { rotate, oldIsGoodForMs, end }: Trial) {
  await stack.sandbox.settings({
    rotateRefreshTokens: rotate,
    rotationInvalidatesOldAfterMs: oldIsGoodForMs,
  });
  const flow = await laneWithShortToken(stack, RATE, LIFETIME_SECONDS);
  const { portalId, workflowId } = flow;
  await stack.sandbox.fault({ target: 'oauth', portalId, kind: 'answerLost', count: 1 });
  await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
  const problems: string[] = [];
  if (end === 'needs a new authorisation') {
    const { stateReason } = await untilState(stack, portalId, 'reauth_required', 60_000);
    if (!stateReason?.includes('BAD_REFRESH_TOKEN')) problems.push(`its reason is ${stateReason}`);
    if ((await reauthNotices(stack, portalId)) !== 1) problems.push('its workspace was not told once');
    await installApp(stack, portalId);
  }
  await untilCompleted(stack, flow, COUNT, 90_000);
  const { refreshes, answersLost } = await tokenCalls(stack, portalId);
  const { state, version } = await portalRow(stack, portalId);
  if (answersLost !== 1) problems.push(`${answersLost} answers were lost: nothing was tried`);
  if (refreshes > MAX_REFRESHES) problems.push(`${refreshes} refreshes`);
  if (state !== 'active' || version < 2) problems.push(`it is ${state} with token ${version}`);
  problems.push(...(await tokenProblems(stack, portalId)));
  return { flow, found: { problems, refreshes, answersLost } };
}

/** The refresh is out when the app is installed anew; what it gives is of before, and must not be stored. */
async function answerAfterInstall(stack: Stack): Promise<{ flow: Flow; problems: string[] }> {
  await stack.sandbox.settings({ rotateRefreshTokens: true, rotationInvalidatesOldAfterMs: 0 });
  const flow = await laneWithShortToken(stack, RATE, LIFETIME_SECONDS);
  const { portalId, workflowId } = flow;
  await stack.sandbox.fault({ target: 'oauth', portalId, kind: 'latency', latencyMs: 8000, count: 1 });
  await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
  await untilRefreshing(stack, portalId, 30_000);
  await installApp(stack, portalId);
  const installed = await portalRow(stack, portalId);
  await until(
    'the late answer was heard and put away',
    () => Object.values(stack.logs()).some((text) => text.includes('a newer one is there already')),
    30_000,
  );
  const after = await portalRow(stack, portalId);
  await untilCompleted(stack, flow, COUNT, 90_000);
  const kept = after.accessTokenSealed === installed.accessTokenSealed && after.version === installed.version;
  return {
    flow,
    problems: [
      ...(kept ? [] : [`The token of the install (${installed.version}) is now ${after.version}`]),
      ...(await tokenProblems(stack, portalId)),
    ],
  };
}
