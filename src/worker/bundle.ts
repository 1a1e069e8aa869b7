import { fork } from 'node:child_process';
import path from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';

const BUNDLER = path.resolve(import.meta.dirname, `bundler${path.extname(import.meta.filename)}`);

/**
 * Bundles the workflows in a process of its own. The bundler needs some 100 MB that a process does not give back, and
 * a worker lives for weeks. Rejects with what the bundler wrote when it fails.
 */
export function bundleWorkflows(workflowsPath: string): Promise<WorkflowBundle> {
  return new Promise((resolve, reject) => {
    const bundler = fork(BUNDLER, [workflowsPath], { stdio: ['pipe', 'ignore', 'pipe', 'ipc'] });
    let complaints = '';
    bundler.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    bundler.once('message', (bundle) => resolve(bundle as WorkflowBundle));
    bundler.once('error', reject);
    // After a message this rejects in vain.
    bundler.once('close', (code) =>
      reject(new Error(`The workflows could not be bundled (exit code ${code})\n${complaints}`)),
    );
  });
}
