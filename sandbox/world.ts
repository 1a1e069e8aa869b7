import { Definitions } from './actions/definitions.js';
import { App, type AppCredentials } from './oauth/app.js';
import { Caller } from './throttle/caller.js';
import type { Clock } from './platform/clock.js';
import { Crm } from './crm/crm.js';
import { byApp, type ChangeSource, type Tell } from './crm/crmChange.js';
import { valueOf } from './crm/valueOf.js';
import { createCrmRoutes } from './crm/routes.js';
import { Enroller } from './throttle/enroller.js';
import { Enrolments } from './throttle/enrolments.js';
import type { Execution } from './throttle/entities.js';
import { Workflows } from './throttle/workflows.js';
import { Faults } from './faults/faults.js';
import { ForeignCalls } from './hubspot/foreignCalls.js';
import type { Route } from './hubspot/request.js';
import { createPlatformRoutes } from './hubspot/routes.js';
import { AppTokens } from './oauth/appTokens.js';
import { Codes } from './oauth/codes.js';
import type { OAuthDeps } from './oauth/grants.js';
import { Installs } from './oauth/installs.js';
import { OAuthTally } from './oauth/oauthTally.js';
import type { Portal } from './portals/portal.js';
import { Portals } from './portals/portals.js';
import { seededRandom } from './platform/random.js';
import { Recorder } from './hubspot/recorder.js';
import { defaultSettings, type Settings } from './settings.js';
import { AppSubscriptions } from './webhooks/appSubscriptions.js';
import { Journal } from './webhooks/journal.js';
import { Webhooks } from './webhooks/webhooks.js';

/** The whole state of the simulated HubSpot. A reset closes it and creates a new one. */
export class World {
  readonly settings: Settings = defaultSettings();
  readonly portals: Portals;
  readonly workflows: Workflows;
  readonly app: App;
  readonly definitions: Definitions;
  readonly oauth: OAuthDeps & { tally: OAuthTally };
  readonly faults: Faults;
  readonly recorder = new Recorder();
  readonly enrolments: Enrolments;
  readonly enroller: Enroller;
  readonly foreign: ForeignCalls;
  readonly webhooks: Webhooks;
  readonly subscriptions: AppSubscriptions;
  readonly journal: Journal;
  readonly routes: readonly Route[];
  readonly startedMs: number;
  /** Completions of callbacks that never existed, by the portal whose token they came with. */
  readonly unknownCallbacks = new Map<number, number>();
  private readonly crms = new Map<Portal, Crm>();
  readonly caller: Caller;
  private readonly waiting = new Map<NodeJS.Timeout, () => void>();

  constructor(
    credentials: AppCredentials,
    readonly clock: Clock,
    readonly seed: number,
  ) {
    const random = seededRandom(seed);
    const { settings } = this;
    this.startedMs = clock.now();
    const app = new App(credentials, random);
    this.app = app;
    this.definitions = new Definitions(clock);
    this.portals = new Portals(() => settings);
    this.workflows = new Workflows({
      clientSecret: () => app.secret,
      epochMs: () => clock.epochMs(),
      properties: (portal, objectType, id, names) => this.propertiesOf(portal, objectType, id, names),
    });
    this.oauth = {
      app,
      settings,
      installs: new Installs(clock, random, settings, ({ portalId }, action) =>
        this.journal.noteLifecycle(portalId, action),
      ),
      codes: new Codes(clock, random),
      appTokens: new AppTokens(clock, random),
      tally: new OAuthTally(),
    };
    this.faults = new Faults(random);
    this.caller = new Caller(() => settings.actionTimeoutMs);
    this.enrolments = new Enrolments(clock, random, settings, (execution) => this.enroller.send(execution));
    this.enroller = new Enroller(clock, this.caller, this.enrolments);
    this.foreign = new ForeignCalls(clock, this.recorder);
    this.webhooks = new Webhooks({
      // A sequence of its own, so that the answers to requests do not depend on what is sent.
      ...{ clock, random: seededRandom(seed), appId: app.appId, secret: () => app.secret },
      isInstalled: (portal) => this.oauth.installs.of(portal).length > 0,
    });
    this.subscriptions = new AppSubscriptions(
      () => clock.epochMs(),
      () => this.webhooks.follow(this.subscriptions.settings(), this.subscriptions.told()),
    );
    this.journal = new Journal({
      ...{ clock, random: seededRandom(seed), settings, appId: app.appId },
      isInstalled: (portal) => this.oauth.installs.of(portal).length > 0,
    });
    this.routes = [
      ...createPlatformRoutes({
        callbacks: {
          appId: app.appId,
          settings,
          enrolments: this.enrolments,
          ignored: (portal, execution) => this.noteIgnored(portal, execution),
        },
        installs: this.oauth.installs,
        account: { settings },
      }),
      ...createCrmRoutes((portal) => this.crmOf(portal), byApp(app.appId)),
    ];
  }

  crmOf(portal: Portal): Crm {
    const known = this.crms.get(portal);
    if (known) return known;
    const { clock, settings, seed } = this;
    // A sequence of its own, so that the answers to one portal do not depend on requests to others.
    const random = seededRandom(seed + portal.portalId);
    const tellerOf = (by: ChangeSource) =>
      tellAll(this.webhooks.tellerOf(portal, by), this.journal.tellerOf(portal));
    const made = new Crm(portal.portalId, { clock, settings, random, tellerOf });
    this.crms.set(portal, made);
    return made;
  }

  /** Of a record that does not exist, or has none of them, each is null. */
  private propertiesOf(portal: Portal, objectType: string, id: number, names: readonly string[]) {
    const crm = this.crmOf(portal);
    const type = crm.findType(objectType.toLowerCase());
    const record = type && crm.store(type).find(id);
    const value = (name: string) =>
      record === undefined || type === undefined ? undefined : valueOf(type, record, record.version, name);
    return Object.fromEntries(names.map((name) => [name, value(name) ?? null]));
  }

  /** Resolves after `delayMs`, or when the world is closed. */
  later(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(timer);
        resolve();
      }, delayMs);
      this.waiting.set(timer, resolve);
    });
  }

  async close(): Promise<void> {
    this.enroller.close();
    this.enrolments.close();
    this.foreign.close();
    for (const crm of this.crms.values()) crm.close();
    for (const [timer, resolve] of this.waiting) {
      clearTimeout(timer);
      resolve();
    }
    this.waiting.clear();
    await this.webhooks.end();
    await this.caller.close();
  }

  private noteIgnored(portal: Portal, execution: Execution | undefined): void {
    if (execution) execution.step.lane.ignoredCallbacks += 1;
    else this.unknownCallbacks.set(portal.portalId, (this.unknownCallbacks.get(portal.portalId) ?? 0) + 1);
  }
}

function tellAll(...tellers: readonly (Tell | undefined)[]): Tell | undefined {
  const all = tellers.filter((tell) => tell !== undefined);
  const [first] = all;
  return all.length > 1 ? (change) => all.forEach((tell) => tell(change)) : first;
}
