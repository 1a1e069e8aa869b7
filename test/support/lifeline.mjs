import { isMainThread } from 'node:worker_threads';

/**
 * Preloaded into the processes of a stack: whoever started them holds their standard input, so they end with it, even
 * when it is killed.
 */
if (isMainThread) {
  const end = () => process.kill(process.pid, 'SIGKILL');
  process.stdin.on('error', end).on('end', end).resume().unref();
}
