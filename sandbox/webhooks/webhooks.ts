import type { ChangeSource, Tell } from '../crm/crmChange.js';
import type { Portal } from '../portals/portal.js';
import { EventWriter } from './events.js';
import { Pushes, type PushDeps } from './pushes.js';
import type { WebhooksPlan } from './webhooksPlan.js';

interface Dependencies extends PushDeps {
  appId: number;
  isInstalled: (portal: Portal) => boolean;
}

/** The app's webhooks: one target for all portals in which it is installed. */
export class Webhooks {
  private readonly writer: EventWriter;
  private plan: WebhooksPlan | undefined;
  private subscriptions: ReadonlySet<string> = new Set();
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
      if (event) pushes.add(event);
    };
  }

  /** From now on. What is pending goes by the new plan; counts begin anew where there was none. */
  set(plan: WebhooksPlan): void {
    if (this.plan) this.pushes?.change(plan);
    else this.pushes = new Pushes(plan, this.deps);
    this.plan = plan;
    this.subscriptions = new Set(plan.subscriptions);
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
