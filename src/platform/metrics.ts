import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type CounterConfiguration,
  type HistogramConfiguration,
} from 'prom-client';
import type { Logger } from './logger.js';

interface ReadGauge<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: Label[];
  /** Called when somebody scrapes; the series of labels that it leaves out are missing then. */
  readonly read: () => Promise<[Record<Label, string>, number][]>;
}

type LabelValues<Label extends string> = Readonly<Record<Label, readonly string[]>>;

/** The registry of one process. Rooms make their instruments in it; a name that is given twice throws. */
export interface Metrics {
  /**
   * `from0`: values of each label whose series begin at 0, in every combination; or several such sets. What an alert
   * watches needs it: the increase of a series that comes into being at its first count is 0.
   */
  counter<Label extends string>(
    options: CounterConfiguration<Label> & { readonly from0?: LabelValues<Label> | LabelValues<Label>[] },
  ): Counter<Label>;
  histogram<Label extends string>(options: HistogramConfiguration<Label>): Histogram<Label>;
  /**
   * A gauge that is read at each scrape; what it asks the database for is `remembered`. A scrape succeeds while `read`
   * fails: the gauge's series are missing then.
   */
  gauge<Label extends string>(options: ReadGauge<Label>): void;
  /** What a scrape is answered with. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
  readonly registry: Registry;
}

/** Buckets, in seconds, for what answers within milliseconds. */
export const FAST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
export const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/** However many scrape, and however often: what they cost the database is bounded. */
const REMEMBERED_MS = 10_000;

/** Reads at most once in ten seconds; those who ask meanwhile are given the same. */
export function remembered<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly value: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > REMEMBERED_MS) last = { at: now, value: read() };
    return last.value;
  };
}

/** Names carry their unit; the label `service` tells API and worker apart. */
export function createMetrics(service: string, logger?: Logger): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  return {
    registry,
    counter({ from0, ...options }) {
      const counter = new Counter({ ...options, registers });
      for (const values of Array.isArray(from0) ? from0 : from0 ? [from0] : [])
        for (const labels of combinations(values)) counter.inc(labels, 0);
      return counter;
    },
    histogram: (options) => new Histogram({ ...options, registers }),

    gauge({ read, ...options }) {
      const gauge = new Gauge({
        ...options,
        registers,
        async collect() {
          gauge.reset();
          try {
            for (const [labels, value] of await read()) gauge.set(labels, value);
          } catch (error) {
            logger?.warn(`${options.name} could not be read`, {
              error: error instanceof Error ? error.message : String(error),
            });
          }
        },
      });
    },

    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

/** Each way to take one value of every label. */
function combinations<Label extends string>(values: LabelValues<Label>): Record<Label, string>[] {
  return (Object.entries(values) as [Label, readonly string[]][]).reduce<Record<Label, string>[]>(
    (all, [label, some]) => all.flatMap((one) => some.map((value) => ({ ...one, [label]: value }))),
    [{} as Record<Label, string>],
  );
}
