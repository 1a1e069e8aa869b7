import { COUNTER_MARKER, EFFECT_KEY_PROPERTY } from '../../../src/domain/outbox/portalCapabilities.js';
import type { PortalCapabilities } from '../../../src/domain/outbox/portalCapabilities.js';
import type { DeliveryRun } from '../../../src/services/outbox/delivery/deliveryRun.js';
import type { OutboxRequest } from '../../../src/services/outbox/delivery/outboxRequest.js';
import type { GatewayRequest } from '../../../src/hubspot/gateway/gateway.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';

export function capabilities(some: Partial<PortalCapabilities> = {}): PortalCapabilities {
  return {
    portalId: '4711',
    effectKeyProperties: {},
    appEvents: new Set(),
    counterMarker: COUNTER_MARKER,
    ...some,
  };
}

interface Stored {
  id: string;
  properties: Record<string, string>;
}

/** HubSpot in memory, as far as the outbox asks it: batches, 207, unique properties, associations, events by id. */
export class FakeHubSpot {
  readonly objects = new Map<string, Stored[]>();
  readonly links = new Set<string>();
  /** The labels of each of them that has some. */
  readonly labels = new Map<string, readonly { category: string; typeId: number }[]>();
  /** HubSpot shows so many associations of a record at a time. */
  linksPerPage = 500;
  readonly events = new Map<string, Record<string, unknown>>();
  readonly requests: OutboxRequest[] = [];
  /** The same as the gateway takes them. */
  readonly sent: GatewayRequest[] = [];
  /** Values that HubSpot refuses: as an error of the row, or of the batch as a whole. */
  badValue: string | undefined;
  wholeBatches = false;
  /** Answers in place of HubSpot's, in order; undefined lets the request through. */
  script: ((request: OutboxRequest) => Outcome | undefined)[] = [];
  /** Whether each request takes effect although its answer is lost. */
  loseAnswers = false;
  /**
   * Whether answers of writes repeat `objectWriteTraceId`, and show the properties that were set. HubSpot promises
   * neither.
   */
  repeatsTraces = true;
  showsProperties = true;
  /** HubSpot promises no order of the results of a batch: here it is never that of the inputs. */
  shuffle: <T>(results: readonly T[]) => T[] = (results) => [...results].reverse();
  unique: Record<string, string[]> = {
    contacts: ['email', 'driver_id'],
    deals: [EFFECT_KEY_PROPERTY, 'order_id'],
    notes: [EFFECT_KEY_PROPERTY],
  };
  private nextId = 100;

  add(objectType: string, properties: Record<string, string>): string {
    const id = String(this.nextId++);
    this.all(objectType).push({ id, properties: { ...properties } });
    return id;
  }

  all(objectType: string): Stored[] {
    const list = this.objects.get(objectType) ?? [];
    this.objects.set(objectType, list);
    return list;
  }

  find(objectType: string, property: string, value: string): Stored | undefined {
    return this.all(objectType).find(
      ({ id, properties }) =>
        (property === 'id' && id === value) ||
        properties[property] === value ||
        (property === 'email' && (properties['hs_additional_emails'] ?? '').split(';').includes(value)),
    );
  }

  send(request: OutboxRequest): Outcome {
    this.sent.push({ ...request, portalId: 4711, priority: 'outbox' });
    this.requests.push(request);
    const scripted = this.script.shift()?.(request);
    if (scripted) return scripted;
    const outcome = this.take(request);
    return this.loseAnswers ? { kind: 'unknown', reason: 'timeout', message: 'no answer' } : outcome;
  }

  private take(request: OutboxRequest): Outcome {
    switch (request.resource) {
      case 'readObjects': {
        const { inputs, idProperty = 'id', properties } = request.body;
        const objectType = String(request.params.objectType);
        if (new Set(inputs.map(({ id }) => id)).size < inputs.length) return refusal('Duplicate ids');
        const results = inputs.flatMap(({ id }) => {
          const found = this.find(objectType, idProperty, id);
          const shown =
            found && Object.fromEntries(properties.map((name) => [name, found.properties[name] ?? null]));
          return found ? [{ id: found.id, properties: shown }] : [];
        });
        const shuffled = this.shuffle(results);
        return results.length === inputs.length
          ? { kind: 'ok', status: 200, body: { results: shuffled } }
          : {
              kind: 'partial',
              status: 207,
              body: { results: shuffled },
              errors: [{ category: 'OBJECT_NOT_FOUND', message: 'not found', ids: [] }],
            };
      }
      case 'createObjects':
      case 'updateObjects':
      case 'upsertObjects':
        return this.write(request);
      case 'createDefaultAssociations':
      case 'createAssociations': {
        const { fromType, toType } = request.params;
        for (const input of request.body.inputs) {
          const link = `${fromType}/${input.from.id}>${toType}/${input.to.id}`;
          this.links.add(link);
          if ('types' in input)
            this.labels.set(
              link,
              input.types.map((one) => ({
                category: one.associationCategory,
                typeId: one.associationTypeId,
              })),
            );
        }
        return { kind: 'ok', status: 200, body: { results: this.shuffle(request.body.inputs) } };
      }
      case 'readAssociations':
        return this.linksOf(request);
      case 'sendEvents':
        if (this.isBad(request.body)) return refusal('bad value');
        for (const { uuid = '', ...event } of request.body.inputs) this.events.set(uuid, event);
        return { kind: 'ok', status: 204, body: undefined };
      case 'createTimelineEvents':
        if (request.body.inputs.some(({ id }) => this.events.has(id)))
          return { ...refusal('exists'), status: 409 };
        for (const { id, ...event } of request.body.inputs) this.events.set(id, event);
        return { kind: 'ok', status: 200, body: { results: this.shuffle(request.body.inputs) } };
      case 'searchObjects':
        return { kind: 'ok', status: 200, body: { results: [] } };
    }
  }

  /** Page by page; `after` is the place of the first that was not shown. */
  private linksOf({ params, body }: Extract<OutboxRequest, { resource: 'readAssociations' }>): Outcome {
    const results = body.inputs.map(({ id, after = '0' }) => {
      const all = [...this.links].filter((link) =>
        link.startsWith(`${params.fromType}/${id}>${params.toType}/`),
      );
      const end = Number(after) + this.linksPerPage;
      return {
        from: { id },
        to: all.slice(Number(after), end).map((link) => ({
          toObjectId: link.split('/').at(-1),
          associationTypes: this.labels.get(link) ?? [],
        })),
        ...(end < all.length && { paging: { next: { after: String(end) } } }),
      };
    });
    return { kind: 'ok', status: 200, body: { results } };
  }

  private write(
    request: Extract<OutboxRequest, { resource: 'createObjects' | 'updateObjects' | 'upsertObjects' }>,
  ): Outcome {
    const objectType = String(request.params.objectType);
    const results: unknown[] = [];
    const errors: { category: string; message: string; ids: string[] }[] = [];
    const inputs = request.body.inputs.map((input) => ({ id: undefined, idProperty: undefined, ...input }));
    const ids = inputs.flatMap(({ id, idProperty }) =>
      id === undefined ? [] : [`${idProperty ?? 'id'}=${String(id)}`],
    );
    if (new Set(ids).size < ids.length) return refusal('Duplicate ids in one batch');
    if (this.wholeBatches && inputs.some((input) => this.isBad(input.properties)))
      return refusal('bad value');
    for (const { id, idProperty, properties, objectWriteTraceId = '' } of inputs) {
      const fail = (category: string) =>
        errors.push({ category, message: category, ids: [objectWriteTraceId] });
      const found = id === undefined ? undefined : this.find(objectType, idProperty ?? 'id', id);
      const taken = (this.unique[objectType] ?? []).some((name) => {
        const value = properties[name];
        return (
          value !== undefined &&
          value !== '' &&
          this.all(objectType).some((one) => one !== found && one.properties[name] === value)
        );
      });
      if (this.isBad(properties)) fail('VALIDATION_ERROR');
      else if (taken) fail('CONFLICT');
      else if (request.resource === 'updateObjects' && !found) fail('OBJECT_NOT_FOUND');
      else {
        const stored = found ?? {
          id: this.add(objectType, id && idProperty ? { [idProperty]: id } : {}),
          properties: {},
        };
        const target = found ?? this.all(objectType).at(-1);
        Object.assign(target?.properties ?? {}, properties);
        results.push({
          id: stored.id,
          properties: this.showsProperties ? { ...target?.properties } : {},
          ...(this.repeatsTraces && { objectWriteTraceId }),
        });
      }
    }
    const body = { results: this.shuffle(results) };
    return errors.length === 0
      ? { kind: 'ok', status: 200, body }
      : { kind: 'partial', status: 207, body, errors };
  }

  private isBad(value: unknown): boolean {
    return this.badValue !== undefined && JSON.stringify(value).includes(this.badValue);
  }
}

function refusal(message: string): Extract<Outcome, { kind: 'invalid' }> {
  return { kind: 'invalid', status: 400, category: 'VALIDATION_ERROR', message, properties: [], body: {} };
}

/** Runs a delivery to its end against this HubSpot. */
export function deliver(run: DeliveryRun, hubspot: FakeHubSpot): void {
  for (let round = run.nextRound(); round; round = run.nextRound()) {
    for (const batch of round) {
      for (let ask = batch.next(); ask; ask = batch.next()) batch.answer(hubspot.send(ask.request));
    }
  }
}
