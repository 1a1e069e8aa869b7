/** For tests, benchmarks and fault commands, which are TypeScript; `services.mjs` says what each part does. */
export interface SupervisedChild {
  readonly name: string;
  readonly pid: number | undefined;
  readonly log: string;
  readonly alive: boolean;
  readonly exited: Promise<string>;
  signal(signal: NodeJS.Signals, group?: boolean): void;
  stop(options?: { deadlineMs?: number }): Promise<boolean>;
  kill(): Promise<void>;
}

export interface RunningPostgres {
  readonly port: number;
  /** The folder of its data. */
  readonly data: string;
  readonly adminUrl: string;
  readonly appUrl: string;
  readonly child: SupervisedChild;
  restart(): Promise<void>;
}

export interface RunningTemporal {
  readonly address: string;
  readonly uiUrl: string | undefined;
  readonly cli: { readonly file: string; readonly version: string };
  readonly child: SupervisedChild;
  restart(): Promise<void>;
}

export interface Services {
  /** Replaced by `restart()`: read it again afterwards. */
  postgres?: RunningPostgres;
  temporal?: RunningTemporal;
  readonly env: {
    DATABASE_URL?: string;
    DATABASE_ADMIN_URL?: string;
    TEMPORAL_ADDRESS?: string;
    TEMPORAL_UI_URL?: string;
  };
  stop(): Promise<void>;
  /** Stops, and removes the folder with all data, also what lies elsewhere because the folder is closed to others. */
  remove(): Promise<void>;
}

export function startServices(options: {
  dir: string;
  durable?: boolean;
  settings?: Record<string, string>;
  say?: (line: string) => void;
  postgres?: { port?: number } | false;
  temporal?: { port?: number; uiPort?: number } | false;
  onCrash?: (trouble: Error) => void;
}): Promise<Services>;
