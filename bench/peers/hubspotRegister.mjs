import { Client } from '@hubspot/api-client';

/**
 * HubSpot's official client, one call at a time, as its README shows each: a contact is searched by its address and
 * made, a deal and a ticket are made, and both are associated with it. Each message names how many; the answer is how
 * long they took.
 */
const client = new Client({ accessToken: process.env.TOKEN, basePath: process.env.BASE_PATH });
const { crm } = client;

async function register(n) {
  const email = `peer-${process.pid}-${n}@example.com`;
  const found = await crm.contacts.batchApi.read({
    idProperty: 'email',
    inputs: [{ id: email }],
    properties: ['email'],
    propertiesWithHistory: [],
  });
  const { id } = found.results[0] ?? (await crm.contacts.basicApi.create({ properties: { email } }));
  const deal = await crm.deals.basicApi.create({
    properties: { dealname: `Deal ${n}`, dealstage: 'appointmentscheduled', pipeline: 'default' },
  });
  const ticket = await crm.tickets.basicApi.create({
    properties: { subject: `Ticket ${n}`, hs_pipeline: '0', hs_pipeline_stage: '1' },
  });
  await crm.associations.v4.basicApi.createDefault('contacts', id, 'deals', deal.id);
  await crm.associations.v4.basicApi.createDefault('contacts', id, 'tickets', ticket.id);
}

process.on('message', async ({ count }) => {
  const began = performance.now();
  for (let n = 0; n < count; n += 1) await register(n);
  process.send({ seconds: (performance.now() - began) / 1000 });
});
process.send({});
