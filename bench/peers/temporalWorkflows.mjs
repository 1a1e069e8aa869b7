import { proxyActivities } from '@temporalio/workflow';

const { add } = proxyActivities({ startToCloseTimeout: '1 minute' });

export async function twoSteps(n) {
  return add(await add(n));
}

const { greet } = proxyActivities({ startToCloseTimeout: '1 minute' });

export async function oneActivity(name) {
  return greet(name);
}
