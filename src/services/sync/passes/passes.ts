import type { PassName } from '../../../domain/sync/passes.js';
import type { SyncDependencies } from '../syncContext.js';
import { archivedPass } from './archivedPass.js';
import { asidePass } from './asidePass.js';
import { associationsPass } from './associationsPass.js';
import { auditPass } from './auditPass.js';
import { calculatedPass } from './calculatedPass.js';
import { propertiesPass } from './propertiesPass.js';
import { runPass, type PassRunOptions, type PassRunResult } from './runPass.js';
import { settledPass } from './settledPass.js';
import type { SyncPass } from './syncPass.js';
import { webhooksPass } from './webhooksPass.js';

/** One turn of a pass over a portal's records of one type. */
export type PassRun = (deps: SyncDependencies, options: PassRunOptions) => Promise<PassRunResult>;

const runOf =
  <C>(pass: SyncPass<C>): PassRun =>
  (deps, options) =>
    runPass(deps, pass, options);

export const RUN_PASS: Readonly<Record<PassName, PassRun>> = {
  settled: runOf(settledPass),
  archived: runOf(archivedPass),
  properties: runOf(propertiesPass),
  calculated: runOf(calculatedPass),
  associations: runOf(associationsPass),
  audit: runOf(auditPass),
  webhooks: runOf(webhooksPass),
  aside: runOf(asidePass),
};
