/** A duration for people, in its two largest units: `3 d 4 h`, `12 s`; with `units` 1 `3 d`. */
export function describeWait(ms: number, units: 1 | 2 = 2): string {
  let rest = Math.max(0, Math.round(ms / 1000));
  if (ms > 0 && rest === 0) return '< 1 s';
  const parts: string[] = [];
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds);
    if (count > 0 || (unit === 's' && parts.length === 0)) parts.push(`${count} ${unit}`);
    rest -= count * seconds;
  }
  return parts.slice(0, units).join(' ');
}

/** An ISO 8601 duration as HubSpot takes it for `hs_expiration_duration`: whole weeks as `P2W`, else `P8DT3H20S`. */
export function isoDuration(ms: number): string {
  const seconds = Math.max(1, Math.floor(ms / 1000));
  if (seconds % 604_800 === 0) return `P${seconds / 604_800}W`;
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const time = [hours && `${hours}H`, minutes && `${minutes}M`, seconds % 60 && `${seconds % 60}S`]
    .filter(Boolean)
    .join('');
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}
