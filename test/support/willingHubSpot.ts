import type { Gateway } from '../../src/hubspot/gateway/gateway.js';

interface Input {
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly objectWriteTraceId?: string;
  readonly from?: { readonly id: string };
  readonly to?: { readonly id: string };
}

const AT = '2026-11-30T09:30:00.000Z';

/** A HubSpot that does whatever it is asked for, and keeps nothing. */
export const willingHubSpot: Pick<Gateway, 'request'> = {
  request({ body, resource }) {
    const { inputs = [] } = (body ?? {}) as { readonly inputs?: readonly Input[] };
    const record = ({ id, idProperty, properties = {}, objectWriteTraceId, from, to }: Input) => ({
      ...{ id: idProperty === undefined && id !== undefined ? id : '990001', createdAt: AT, updatedAt: AT },
      properties:
        idProperty === undefined || id === undefined ? properties : { ...properties, [idProperty]: id },
      ...{ objectWriteTraceId, from, to, new: true },
    });
    const isLookUp = resource === 'readObjects' || resource === 'searchObjects' || resource === 'listObjects';
    const links = ({ id }: Input) => ({ from: { id }, to: [] });
    const shown = (input: Input): object => (resource === 'readAssociations' ? links(input) : record(input));
    const results = isLookUp ? [] : inputs.map(shown);
    return Promise.resolve({ kind: 'ok', status: 200, body: { ...record({}), results } });
  },
};
