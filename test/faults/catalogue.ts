import { workerKilledInARelease } from './f01-worker-killed-in-a-release.js';
import { apiKilledBeforeTheStart } from './f04-api-killed-before-the-start.js';
import { allWorkersKilled } from './f06-all-workers-killed.js';
import { workerStopped } from './f07-worker-stopped.js';
import { largestPayloads } from './f08-largest-payloads.js';
import { terminatedUnderLoad } from './f09-terminated-under-load.js';
import { rollingDeployment } from './f10-rolling-deployment.js';
import { postgresRestarted } from './f13-postgres-restarted.js';
import { temporalKilled } from './f22-temporal-killed.js';
import { apiWithoutTemporal } from './f23-api-without-temporal.js';
import { temporalRestored } from './f24-temporal-restored.js';
import { startedTwice } from './f25-started-twice.js';
import { nudgedWithoutEnd } from './f26-nudged-without-end.js';
import { foreignStorm } from './f30-foreign-storm.js';
import { serverErrors } from './f31-server-errors.js';
import { lockedAndMigrating } from './f32-locked-and-migrating.js';
import { answersLost } from './f33-answers-lost.js';
import { monstrousAnswers } from './f34-monstrous-answers.js';
import { poisonInABatch } from './f36-poison-in-a-batch.js';
import { clocksDiffer } from './f38-clocks-differ.js';
import { oneExpiry } from './f39-one-expiry.js';
import { refreshAnswerLost } from './f40-refresh-answer-lost.js';
import { refreshTakesLong } from './f41-refresh-takes-long.js';
import { uninstalled } from './f42-uninstalled.js';
import { scopeRemoved } from './f43-scope-removed.js';
import { clientSecretRotated } from './f44-client-secret-rotated.js';
import { calledTenTimes } from './f45-called-ten-times.js';
import { alreadyOver } from './f47-already-over.js';
import { rateEdited } from './f48-rate-edited.js';
import { stateReplayed } from './f49-state-replayed.js';
import { twoInstalls } from './f50-two-installs.js';
import { keyMissing } from './f51-key-missing.js';
import { databaseRestored } from './f52-database-restored.js';
import { databaseHalfOpenUnderFirstLoad } from './m16-database-half-open.js';
import { stormUnderFirstLoads } from './m30-foreign-storm.js';
import { monstrousPages } from './m34-monstrous-answers.js';
import { revokedInAFirstLoad } from './m42-revoked.js';
import { workerKilledInADelivery } from './o01-worker-killed-in-a-delivery.js';
import { deliveringWorkerFrozen } from './o07-worker-frozen.js';
import { postgresRestartedUnderDeliveries } from './o13-postgres-restarted.js';
import { databaseHalfOpen } from './o16-database-half-open.js';
import { deadTuples } from './o18-dead-tuples.js';
import { serverErrorsToDeliveries } from './o31-server-errors.js';
import { answersToDeliveriesLost } from './o33-answers-lost.js';
import { poisonAmongEvents } from './o36-poison-in-a-batch.js';
import { uninstalledUnderDeliveries } from './o42-uninstalled.js';
import { outboxRestored } from './o52-database-restored.js';
import { commitsLost } from './r20-commits-lost.js';
import { answersToWritesLost } from './r33-answers-lost.js';
import { poisonAmongWrites } from './r36-poison-in-a-batch.js';
import { twoServices } from './r50-two-services.js';
import { importStorm } from './w20-import-storm.js';
import { webhooksTenTimes } from './w45-called-ten-times.js';
import { twoInstallsUnderRecords } from './w50-two-installs.js';
import type { Fault } from './fault.js';

/** By their ids. */
export const FAULTS: readonly Fault[] = [
  workerKilledInARelease,
  apiKilledBeforeTheStart,
  allWorkersKilled,
  workerStopped,
  largestPayloads,
  terminatedUnderLoad,
  rollingDeployment,
  postgresRestarted,
  temporalKilled,
  apiWithoutTemporal,
  temporalRestored,
  startedTwice,
  nudgedWithoutEnd,
  foreignStorm,
  serverErrors,
  lockedAndMigrating,
  answersLost,
  monstrousAnswers,
  poisonInABatch,
  clocksDiffer,
  oneExpiry,
  refreshAnswerLost,
  refreshTakesLong,
  uninstalled,
  scopeRemoved,
  clientSecretRotated,
  calledTenTimes,
  alreadyOver,
  rateEdited,
  stateReplayed,
  twoInstalls,
  keyMissing,
  databaseRestored,
  databaseHalfOpenUnderFirstLoad,
  stormUnderFirstLoads,
  monstrousPages,
  revokedInAFirstLoad,
  workerKilledInADelivery,
  deliveringWorkerFrozen,
  postgresRestartedUnderDeliveries,
  databaseHalfOpen,
  deadTuples,
  serverErrorsToDeliveries,
  answersToDeliveriesLost,
  poisonAmongEvents,
  uninstalledUnderDeliveries,
  outboxRestored,
  commitsLost,
  answersToWritesLost,
  poisonAmongWrites,
  twoServices,
  importStorm,
  webhooksTenTimes,
  twoInstallsUnderRecords,
];
