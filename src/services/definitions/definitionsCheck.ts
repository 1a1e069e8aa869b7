import type { Config } from '../../platform/config/config.js';
import type { HealthCheck } from '../../platform/health.js';
import { actionSecretsOf, type Variables } from './actionSecrets.js';
import { loadDefinitions } from './loadDefinitions.js';

/** Whether what is defined beside Sluice can be used: read as the processes read it when they start. */
export function definitionsCheck(config: Pick<Config, 'SLUICE_CONFIG'>, cwd = process.cwd()): HealthCheck {
  return async () => {
    await loadDefinitions(config, cwd);
  };
}

/** Whether the environment has what the worker needs for them. */
export function actionSecretsCheck(
  config: Pick<Config, 'SLUICE_CONFIG'>,
  variables: (names: readonly string[]) => Variables,
  cwd = process.cwd(),
): HealthCheck {
  return async () => {
    actionSecretsOf(await loadDefinitions(config, cwd), variables, 'worker', cwd);
  };
}
