import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Config } from '../platform/config/config.js';
import type { Logger } from '../platform/logger.js';

/** How the SDK's levels are logged here: what it informs about is of use to who looks for a fault. */
const LEVELS: Readonly<Record<string, string>> = { ERROR: 'error', WARN: 'warn' };

/** One runtime per process, before any connection: our logger, our signals, optionally the SDK's own metrics. */
export function installRuntime(config: Pick<Config, 'TEMPORAL_METRICS_PORT'>, logger: Logger): void {
  const port = config.TEMPORAL_METRICS_PORT;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      logger.log(LEVELS[level] ?? 'debug', message, { ...meta });
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) },
      ...(port === undefined ? {} : { metrics: { prometheus: { bindAddress: `127.0.0.1:${port}` } } }),
    },
  });
}
