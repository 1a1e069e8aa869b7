import { until, type Retentions } from '../retention.js';

export const INSTALLATION_RETENTION: Retentions = {
  installations: until('never: events of before keep their keys, and there is one row for each restore'),
};
