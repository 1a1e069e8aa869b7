import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkRegistration,
  type AllDefinitions,
  type GivenRegistration,
} from '../../../src/domain/register/checkRegistration.js';
import { givenValue, type Given, type ValueRules } from '../../../src/domain/register/givenValue.js';
import { optionOf } from '../../../src/domain/register/optionOf.js';
import { ExactNumber } from '../../../src/domain/exactJson.js';
import { PORTAL, property } from './definitions.js';

const RULES: ValueRules = {
  readPhone: (text) => (/^\+\d+$/.test(text) ? text : undefined),
  refusePhones: false,
};
const CONTACT = { email: 'Anna@Example.com' };
const DEAL = { dealname: 'Boat', dealstage: 'appointmentscheduled' };
const TICKET = { subject: 'Late', hs_pipeline_stage: '1' };

function checked(given: Partial<GivenRegistration>, { portal = PORTAL, rules = RULES } = {}) {
  return checkRegistration({ contact: CONTACT, deals: [], tickets: [], ...given }, portal, rules);
}
function registered(given: Partial<GivenRegistration>, portal: AllDefinitions = PORTAL) {
  const all = checked(given, { portal });
  if ('problems' in all) throw new Error(JSON.stringify(all.problems));
  return { ...all.registration, notes: all.notes };
}
function problems(given: Partial<GivenRegistration>, rules = RULES) {
  const all = checked(given, { rules });
  return 'problems' in all ? all.problems : [];
}

describe('a registration', () => {
  it('of an earlier service is understood as it stands: words find their options, and each is told', () => {
    const { contact, deals, tickets, notes } = registered({
      contact: { email: 'john@example.com', firstname: 'John', lastname: 'Doe', phone: '123-456-7890' },
      deals: [{ dealname: 'New deal', amount: 1200, dealstage: 'appointmentscheduled' }],
      tickets: [
        {
          subject: 'Invoice',
          description: 'It is wrong',
          category: 'billing',
          hs_pipeline: 'support',
          hs_ticket_priority: 'HIGH',
          hs_pipeline_stage: '1',
        },
      ],
    });
    expect(contact.properties).toEqual({
      email: 'john@example.com',
      firstname: 'John',
      lastname: 'Doe',
      phone: '123-456-7890',
    });
    expect(deals[0]?.properties).toEqual({
      dealname: 'New deal',
      amount: '1200',
      dealstage: 'appointmentscheduled',
      pipeline: 'default',
    });
    expect(tickets[0]?.properties).toEqual({
      subject: 'Invoice',
      content: 'It is wrong',
      hs_ticket_category: 'BILLING_ISSUE',
      hs_pipeline: '0',
      hs_ticket_priority: 'HIGH',
      hs_pipeline_stage: '1',
    });
    expect(notes.map(({ path }) => path)).toEqual([
      'contact.phone',
      'tickets.0.description',
      'tickets.0.category',
      'tickets.0.category',
      'tickets.0.hs_pipeline',
    ]);
    expect(notes.map(({ message }) => message)).toContain('"billing" was taken as BILLING_ISSUE');
  });

  it('has all its problems named at once, each with its path', () => {
    const found = problems({
      contact: {
        email: 'nobody',
        nickname: 'Jo',
        hs_object_id: 5,
        old_score: 1,
        birthday: 'soon',
        optin: 'perhaps',
      },
      deals: [DEAL, { ...DEAL, amount: '12 EUR', dealstage: 'lost' }],
      tickets: [{ ...TICKET, hs_pipeline: 'sales' }],
    });
    expect(found.map(({ path }) => path).sort()).toEqual([
      'contact.birthday',
      'contact.email',
      'contact.hs_object_id',
      'contact.nickname',
      'contact.old_score',
      'contact.optin',
      'deals.1.amount',
      'deals.1.dealstage',
      'tickets.0.hs_pipeline',
    ]);
  });

  it('of a portal that has `description` and `category` of its own means those', () => {
    const tickets = {
      ...PORTAL.tickets,
      properties: new Map([
        ...PORTAL.tickets.properties,
        ...['description', 'category'].map((name) => [name, property(name)] as const),
      ]),
    };
    const { tickets: rows, notes } = registered(
      { tickets: [{ ...TICKET, description: 'a', category: 'b' }] },
      { ...PORTAL, tickets },
    );
    expect(rows[0]?.properties).toMatchObject({ description: 'a', category: 'b' });
    expect(notes).toEqual([]);
  });

  it('does not take two names of one property for one', () => {
    expect(problems({ tickets: [{ ...TICKET, content: 'a', description: 'b' }] })).toEqual([
      { path: 'tickets.0.description', message: 'stands for content, which is given, too' },
    ]);
  });

  it('refuses two rows of one id, which would be one record', () => {
    const deal = { ...DEAL, external_id: 'A-1' };
    expect(problems({ deals: [deal, DEAL, deal] }).map(({ path }) => path)).toEqual(['deals.2.external_id']);
  });

  it('takes a name that every object has for no property', () => {
    expect(
      problems({ contact: { ...CONTACT, constructor: 'x', toString: 'y' } }).map(({ path }) => path),
    ).toEqual(['contact.constructor', 'contact.toString']);
  });

  it('is checked without an error, whatever it holds; what comes of it are texts', () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.array(fc.string()));
    const names = fc.oneof(fc.string(), fc.constantFrom(...PORTAL.tickets.properties.keys(), 'category'));
    fc.assert(
      fc.property(fc.dictionary(names, value), (ticket) => {
        const all = checked({ tickets: [{ ...TICKET, ...(ticket as Record<string, Given>) }] });
        if ('problems' in all) return all.problems.every(({ path }) => path.startsWith('tickets.0.'));
        return Object.values(all.registration.tickets[0]?.properties ?? {}).every(
          (one) => typeof one === 'string',
        );
      }),
    );
  });
});

describe('a stage', () => {
  it.each([
    [{ hs_pipeline_stage: '78' }, { hs_pipeline: '77', hs_pipeline_stage: '78' }],
    [{ hs_pipeline_stage: 'Sent back' }, { hs_pipeline: '77', hs_pipeline_stage: '79' }],
    [
      { hs_pipeline_stage: 'new', hs_pipeline: 'Returns' },
      { hs_pipeline: '77', hs_pipeline_stage: '78' },
    ],
    [
      { hs_pipeline_stage: 'waiting on u', hs_pipeline: '0' },
      { hs_pipeline: '0', hs_pipeline_stage: '3' },
    ],
  ])('is found, and with it its pipeline: %j', (given, expected) => {
    expect(registered({ tickets: [{ subject: 'x', ...given }] }).tickets[0]?.properties).toMatchObject(
      expected,
    );
  });

  it.each([
    [{ hs_pipeline_stage: '78', hs_pipeline: '0' }, /in the pipeline 0 \(Support Pipeline\)/],
    [
      { hs_pipeline_stage: 'New' },
      /may mean any of 1 \(New\), 78 \(New\), in several pipelines: name the pipeline/,
    ],
    [{ hs_pipeline_stage: 'waiting' }, /may mean any of 2 \(Waiting on contact\), 3 \(Waiting on us\)$/],
  ])('that is not of its pipeline, or may be several, is refused with those that are: %j', (given, words) => {
    expect(problems({ tickets: [{ subject: 'x', ...given }] })).toEqual([
      { path: 'tickets.0.hs_pipeline_stage', message: expect.stringMatching(words) },
    ]);
  });
});

describe('an option', () => {
  const OPTIONS = ['open', 'Open', 'opened', 'closed'].map((value) => ({ value, label: `${value}!` }));

  it.each([
    ['open', 'open'],
    ['Open!', 'Open'],
    ['CLOSED', 'closed'],
    ['clo', 'closed'],
  ])(
    'is found by its value, its label, without regard to case, or as the only one that begins so: %s',
    (word, value) => {
      expect(optionOf(word, OPTIONS)).toMatchObject({ option: { value } });
    },
  );

  it.each(['OPEN', 'o', 'losed', '', ' '])(
    'is not guessed among several, nor found in the middle: "%s"',
    (word) => {
      expect(optionOf(word, OPTIONS)).toHaveProperty('candidates');
    },
  );

  it('that is found is one of those that there are, and is found again by its value', () => {
    const options = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 });
    fc.assert(
      fc.property(options, fc.string(), (values, word) => {
        const all = values.map((value) => ({ value, label: value.toUpperCase() }));
        const found = optionOf(word, all);
        if ('candidates' in found) return found.candidates.every((one) => all.includes(one));
        const again = optionOf(found.option.value, all);
        return all.includes(found.option) && 'option' in again && again.option === found.option;
      }),
    );
  });
});

describe('a value', () => {
  const of = (name: string) => PORTAL.contacts.properties.get(name) ?? property(name);
  const read = (name: string, given: Given, rules = RULES) => givenValue(of(name), given, rules);
  const number = property('n', 'number');

  it.each<[string, Given, string]>([
    ['email', ' Anna@Example.COM ', 'anna@example.com'],
    ['birthday', '2027-01-31', '2027-01-31'],
    ['seen_at', '2027-01-31T12:00:00+02:00', '2027-01-31T10:00:00.000Z'],
    ['seen_at', 1_801_396_800_000, '2027-01-31T12:00:00.000Z'],
    ['optin', true, 'true'],
    ['optin', 'FALSE', 'false'],
    ['interests', 'surf;Skiing', 'surf;ski'],
    ['interests', ['sail', 'surfing', 'sail'], 'sail;surf'],
    ['interests', ';ski', ';ski'],
    ['firstname', null, ''],
    ['phone', '+49301234567', '+49301234567'],
  ])('of %s, %j, is written as %s', (name, given, value) => {
    expect(read(name, given)).toMatchObject({ value });
  });

  it.each<[string, Given]>([
    ['email', 'anna@'],
    ['birthday', '2027-02-30'],
    ['birthday', 12],
    ['seen_at', '2027-01-31T12:00:00'],
    ['optin', 1],
    ['interests', 's'],
    ['interests', 'surf;chess'],
    ['firstname', ['a', 'b']],
    ['firstname', 'x'.repeat(65_537)],
  ])('of %s that is none is refused in words', (name, given) => {
    expect(read(name, given)).toEqual({
      problem: expect.stringMatching(/must be|must have|is none of|may mean/),
    });
  });

  it('that is a number keeps its digits, however many', () => {
    expect(givenValue(number, new ExactNumber('123456789012345678.10'), RULES)).toEqual({
      value: '123456789012345678.1',
    });
    expect(givenValue(number, 1e21, RULES)).toEqual({ value: `1${'0'.repeat(21)}` });
  });

  it('of a phone that cannot be read is kept with a word, or refused where that is wanted', () => {
    expect(read('phone', '123-456-7890')).toEqual({ value: '123-456-7890', note: expect.any(String) });
    expect(read('phone', '123-456-7890', { ...RULES, refusePhones: true })).toHaveProperty('problem');
  });
});

describe('a label of associations', () => {
  const label = (typeId: number, name: string, category = 'USER_DEFINED' as const) => ({
    ...{ category, typeId, label: name },
  });
  const labels = { 'contact-deals': [label(5, 'Decision maker'), label(6, 'Payer'), label(7, 'Paying')] };
  const ask = (...words: (string | number)[]) =>
    checkRegistration(
      { contact: CONTACT, deals: [], tickets: [], associations: { 'contact-deals': { labels: words } } },
      { ...PORTAL, labels },
      RULES,
    );
  const typesOf = (all: ReturnType<typeof ask>) =>
    'registration' in all && all.registration.associations?.['contact-deals']?.types;

  it('is found by its type id, its name, and as the only one that begins so', () => {
    expect(typesOf(ask(6, 'Decision maker', 'decis'))).toEqual([
      { category: 'USER_DEFINED', typeId: 6 },
      { category: 'USER_DEFINED', typeId: 5 },
      { category: 'USER_DEFINED', typeId: 5 },
    ]);
  });

  it.each<[string, string | number, string]>([
    ['one of several', 'pay', '6 (Payer), 7 (Paying)'],
    ['none', 'boss', '5 (Decision maker), 6 (Payer), 7 (Paying)'],
    ['a type id that is none', 99, '5 (Decision maker), 6 (Payer), 7 (Paying)'],
  ])('that may be %s is refused with those that there are', (_, word, named) => {
    const all = ask(word);
    expect('problems' in all && all.problems).toEqual([
      { path: 'associations.contact-deals.labels.0', message: expect.stringContaining(named) as unknown },
    ]);
  });
});
