import type { Command } from 'commander';
import { given, readAll, type Answers } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { readJson } from '../jsonFile.js';
import { counted, moment } from '../output.js';

type Registration = Answers['Registration'];
type NewRegistration = Answers['NewRegistration'];

interface Json {
  readonly json?: boolean;
}

/** Contacts with their deals and tickets, written at once. */
export function addRegistrations(registrations: Command, context: Context): void {
  lister(registrations, {
    name: 'list',
    description: 'list registrations, the newest first',
    example: 'list --state failed',
  })
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--state <state>', 'only those that are open, done, failed or refused')
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--after <id>', 'go on where another list ended', id)
    .action(
      async ({
        portal,
        state,
        limit,
        after,
        json,
      }: Json & { portal?: string; state?: Registration['state']; limit: number; after?: string }) => {
        const query = given({ portalId: portal, state, after });
        const page = await readAll(context.api(), '/crm/register', query, limit, 200);
        show(context, json, page, () => tableOf(context, page.items));
      },
    );

  verb(registrations, {
    name: 'show',
    description: 'how far one is, step by step, and what of it failed',
    example: 'show 7',
  })
    .argument('<registrationId>', 'its id', id)
    .action(async (registrationId: string, { json }: Json) => {
      const one = await context.api().get('/crm/register/{id}', { params: { path: { id: registrationId } } });
      show(context, json, one, () => detailOf(context, one));
    });

  verb(registrations, {
    name: 'make',
    description: 'write the contact of a file, with its deals and tickets',
    example: 'make registration.json --portal 62515',
  })
    .argument('<file>', 'JSON with contact, deals and tickets; - reads standard input')
    .option('--portal <portalId>', 'in this portal; needed where there are several', id)
    .action(async (file: string, { portal, json }: Json & { portal?: string }) => {
      const body = readJson(file) as NewRegistration;
      const answer = await context
        .api()
        .post('/crm/register', { params: { query: given({ portalId: portal }) }, body });
      show(context, json, answer, () => whatCameOfIt(answer));
    });

  verb(registrations, {
    name: 'resume',
    description: 'write what is left of one that failed',
    example: 'resume 7',
  })
    .argument('<registrationId>', 'its id', id)
    .action(async (registrationId: string, { json }: Json) => {
      const params = { path: { id: registrationId } };
      const answer = await context.api().post('/crm/register/{id}/resume', { params });
      show(context, json, answer, () => whatCameOfIt(answer));
    });
}

function whatCameOfIt(answer: Answers['Registered'] | Registration): string {
  if (!('message' in answer))
    return `It is being written. How far it is: sluice registrations show ${answer.id}`;
  const { contact_id: contact, deal_ids: deals, ticket_ids: tickets, notes } = answer;
  const lines = notes.map(({ path, message }) => `${path}: ${message}`);
  const what = `Contact ${contact}, ${counted(deals.length, 'deal')} and ${counted(tickets.length, 'ticket')}`;
  return [`${what} are written`, ...lines].join('\n');
}

function tableOf(context: Context, items: readonly Registration[]): string {
  return context.table(
    ['id', 'portal', 'state', 'contact', 'deals', 'tickets', 'made', 'ended'],
    items.map((one) => [
      ...[one.id, one.portalId, one.state, one.contact_id],
      ...[one.deal_ids.length, one.ticket_ids.length, moment(one.createdAt), moment(one.endedAt)],
    ]),
  );
}

function detailOf(context: Context, one: Registration): string {
  const steps = context.table(
    ['step', 'state', 'tries', 'doubts', 'through'],
    one.steps.map(({ step, state, tries, doubts, resolvedAt }) => [
      ...[step, state, tries, doubts, moment(resolvedAt)],
    ]),
  );
  const lines = [
    ...one.problems.map(({ path, message }) => `${path}: ${message}`),
    ...one.failed.map(({ row, reason }) => `${row}: ${reason}`),
    ...(one.state === 'failed' ? [`Write what is left: sluice registrations resume ${one.id}`] : []),
  ];
  return [tableOf(context, [one]), steps, ...lines].join('\n');
}
