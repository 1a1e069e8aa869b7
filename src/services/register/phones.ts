import { getCountries, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import type { ReadPhone } from '../../domain/register/givenValue.js';

/** Zones of a country, as the machine's own tables have them. */
interface WithZones extends Intl.Locale {
  readonly timeZones?: readonly string[];
  getTimeZones?(): readonly string[];
}

let countries: ReadonlyMap<string, CountryCode> | undefined;

/** The country whose clocks show this zone: HubSpot says of an account where its clocks are, and not where it is. */
export function countryOfZone(timeZone: string): CountryCode | undefined {
  countries ??= new Map(
    getCountries().flatMap((country) => zonesOf(country).map((zone) => [zone, country] as const)),
  );
  return countries.get(timeZone) ?? countries.get(canonical(timeZone));
}

/** Makes E.164 of numbers that are valid, those without a country code by the country of the portal. */
export function phoneReader(timeZone: string | null): ReadPhone {
  const country = timeZone === null ? undefined : countryOfZone(timeZone);
  return (text) => {
    const number = parsePhoneNumberFromString(text, {
      ...(country && { defaultCountry: country }),
      extract: false,
    });
    return number?.isValid() && number.ext === undefined ? number.number : undefined;
  };
}

function zonesOf(country: CountryCode): readonly string[] {
  try {
    const locale: WithZones = new Intl.Locale('und', { region: country });
    return locale.getTimeZones?.() ?? locale.timeZones ?? [];
  } catch (error) {
    if (error instanceof RangeError) return []; // a region that only telephones have
    throw error;
  }
}

/** Zones have former names, `US/Eastern`. */
function canonical(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return timeZone;
    throw error;
  }
}
