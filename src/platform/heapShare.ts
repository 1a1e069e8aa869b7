import { getHeapStatistics } from 'node:v8';

/** A share of the memory that this process may use, in bytes. In hand, data is several times as large as it came. */
export function heapShare(share: number): number {
  return Math.floor(getHeapStatistics().heap_size_limit * share);
}
