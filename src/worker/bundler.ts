import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/* The process that bundle.ts forks: bundles the workflows of the path that it is given, and sends the code. */

const workflowsPath = process.argv[2];
if (workflowsPath === undefined || !process.send) throw new Error('bundler is started by bundle.ts');
const { code } = await bundleWorkflowCode({
  workflowsPath,
  logger: new DefaultLogger('ERROR', ({ message }) => process.stderr.write(`${message}\n`)),
});
process.send({ code }, () => process.disconnect());
