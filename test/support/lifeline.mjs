import { isMainThread } from 'node:worker_threads';

/**
 * Preloaded into the processes of a stack. The process that started them holds their standard input, so they end when
 * it ends, even by a kill.
 */
if (isMainThread) {
  const end = () => process.kill(process.pid, 'SIGKILL');
  process.stdin.on('error', end).on('end', end).resume().unref();
}
