/** What the tests run on. */
const TESTED = 17;

/** What to say of a server by its `server_version_num`; undefined for one that is as new as what is tested. */
export function adviceOnVersion(serverVersionNum: number): string | undefined {
  const major = Math.floor(serverVersionNum / 10_000);
  return major >= TESTED
    ? undefined
    : `This is Postgres ${major}. It may do, but Sluice is tested with ${TESTED} and later.`;
}
