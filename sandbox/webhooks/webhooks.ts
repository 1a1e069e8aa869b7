import type { ChangeSource, Tell } from '../crm/crmChange.js';
import type { Portal } from '../portals/portal.js';
import { EventWriter, type WebhookEvent } from './events.js';
import { Pushes, type PushDeps } from './pushes.js';
import { EVENT_TYPES, webhooksPlan, type WebhooksPlan } from './webhooksPlan.js';

interface Dependencies extends PushDeps {
  appId: number;
  isInstalled: (portal: Portal) => boolean;
}

/** The app's webhooks: one target for all portals in which it is installed. */
export class Webhooks {
  private readonly writer: EventWriter;
  private plan: WebhooksPlan | undefined;
  private subscriptions: ReadonlySet<string> = new Set();
  private wants: (event: WebhookEvent) => boolean = () => true;
  /** After the end, what there was. */
  private pushes: Pushes | undefined;

  constructor(private readonly deps: Dependencies) {
    this.writer = new EventWriter(deps.appId, () => deps.clock.epochMs());
  }

  /** Who is told of the changes in a portal; nobody while there is no target, or the app is not in it. */
  tellerOf(portal: Portal, by: ChangeSource): Tell | undefined {
    const { pushes, plan, subscriptions } = this;
    if (!pushes || !plan || !this.deps.isInstalled(portal)) return undefined;
    return (change) => {
      const event = this.writer.write(portal.portalId, change, by, subscriptions);
      if (event && this.wants(event)) pushes.add(event);
    };
  }

  /** From now on. What is pending goes by the new plan; counts begin anew where there was none. */
  set(plan: WebhooksPlan): void {
    if (this.plan) this.pushes?.change(plan);
    else this.pushes = new Pushes(plan, this.deps);
    this.plan = plan;
    this.subscriptions = new Set(plan.subscriptions);
    this.wants = () => true;
  }

  /** What the app has by the webhooks API takes the place of what stood before. */
  follow(
    settings: { targetUrl: string; throttling: { maxConcurrentRequests: number } } | undefined,
    { types, wants }: { types: readonly string[]; wants: (event: WebhookEvent) => boolean },
  ): void {
    if (!settings) return;
    const { targetUrl, throttling } = settings;
    const { maxConcurrentRequests } = throttling;
    const subscriptions = types.filter((type) => EVENT_TYPES.includes(type));
    const plan = this.plan ?? webhooksPlan.parse({ targetUrl });
    this.set({ ...plan, targetUrl, subscriptions, maxConcurrentRequests });
    this.wants = wants;
  }

  async end(): Promise<void> {
    if (!this.plan) return;
    this.plan = undefined;
    await this.pushes?.end();
  }

  show() {
    return { plan: this.plan ?? null, ...this.pushes?.tally.show() };
  }
}
