import { json, type Answer } from '../platform/answer.js';
import type { Settings } from '../settings.js';
import type { PortalRequest } from './request.js';

export interface AccountDeps {
  settings: Settings;
}

export function readAccount({ portal, epochMs }: PortalRequest): Answer {
  const offsetMinutes = offsetOf(portal.timeZone, epochMs);
  const hours = String(Math.floor(Math.abs(offsetMinutes) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offsetMinutes) % 60).padStart(2, '0');
  return json(200, {
    portalId: portal.portalId,
    accountType: 'DEVELOPER_TEST',
    timeZone: portal.timeZone,
    companyCurrency: 'EUR',
    additionalCurrencies: [],
    utcOffset: `${offsetMinutes < 0 ? '-' : '+'}${hours}:${minutes}`,
    utcOffsetMilliseconds: offsetMinutes * 60_000,
    uiDomain: 'app.hubspot.com',
    dataHostingLocation: 'na1',
  });
}

/** How much of the daily limit all private apps of the account have used. */
export function readDailyUsage({ settings }: AccountDeps, { portal, epochMs }: PortalRequest): Answer {
  return json(200, {
    results: [
      {
        name: 'private-apps-api-calls-daily',
        usageLimit: settings.dailyLimit,
        currentUsage: portal.today.used(epochMs),
        collectedAt: new Date(epochMs).toISOString(),
        fetchStatus: 'SUCCESS',
        resetsAt: new Date(portal.today.resetsAtMs(epochMs)).toISOString(),
      },
    ],
  });
}

function offsetOf(timeZone: string, epochMs: number): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const name = format.formatToParts(epochMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
