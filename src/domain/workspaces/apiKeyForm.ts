const FORM = /^slc_[a-z]{2,12}_[\w-]{43}$/;

/** Whether a text has the form of an API key: `slc_<env>_<32 random bytes>`. */
export function isApiKey(text: string): boolean {
  return FORM.test(text);
}
