import { startCrm } from './crmHarness.js';
import { PORTAL, SECRET } from './harness.js';

export const JOURNAL_SCOPES = [
  'developer.webhooks_journal.read',
  'developer.webhooks_journal.subscriptions.read',
  'developer.webhooks_journal.subscriptions.write',
];
const APP = { client_id: 'sandbox-client-id', client_secret: SECRET };
export const JOURNAL = '/webhooks-journal/journal/2026-03';
export const SUBSCRIPTIONS = '/webhooks-journal/subscriptions/2026-03';

export interface FiledEvent {
  action: string;
  portalId: number;
  occurredAt: string;
  [field: string]: unknown;
}

/** A sandbox with the app in one portal, and its webhooks journal, on real sockets. */
export async function startJournal() {
  const crm = await startCrm();
  await crm.control('PATCH', '/settings', { clientCredentialsEnabled: true });

  async function appToken(scopes: readonly string[] = JOURNAL_SCOPES): Promise<string> {
    const form = { ...APP, grant_type: 'client_credentials', scope: scopes.join(' ') };
    const { body } = await crm.ask('POST', '/oauth/2026-03/token', new URLSearchParams(form).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    return body.access_token as string;
  }
  let token = await appToken();

  const call = (method: string, path: string, body?: unknown, bearer = token) =>
    crm.ask(method, path, body, { authorization: `Bearer ${bearer}` });
  const subscribe = (plan: Record<string, unknown> = {}) =>
    call('POST', SUBSCRIPTIONS, {
      ...{ subscriptionType: 'OBJECT', portalId: PORTAL, objectTypeId: '0-1' },
      ...{ actions: ['CREATE', 'UPDATE', 'DELETE', 'MERGE', 'RESTORE'], objectIds: [], properties: [] },
      ...plan,
    });
  const fileAt = async (url: string) => {
    const response = await fetch(url, { redirect: 'manual' });
    return { status: response.status, text: await response.text() };
  };

  return {
    ...crm,
    appToken,
    call,
    subscribe,
    fileAt,
    renew: async () => (token = await appToken()),
    settings: (patch: Record<string, unknown>) => crm.control('PATCH', '/settings', patch),
    shown: async () => (await crm.control('GET', '/journal')).body,
    /** All events from the offset on, or from the first that there is, in their order. */
    async events(from?: string): Promise<FiledEvent[]> {
      const found: FiledEvent[] = [];
      for (let at = from; ;) {
        const { status, body } = await call(
          'GET',
          at === undefined ? `${JOURNAL}/earliest` : `${JOURNAL}/offset/${at}/next`,
        );
        if (status === 204) return found;
        if (status !== 200) throw new Error(`The journal answered ${status}`);
        const file = await fileAt(body.url);
        found.push(...(JSON.parse(file.text) as { journalEvents: FiledEvent[] }).journalEvents);
        at = body.currentOffset;
      }
    },
  };
}

export type JournalHarness = Awaited<ReturnType<typeof startJournal>>;
