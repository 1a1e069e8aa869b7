import type { Request, Response } from 'express';

/*
 * The cookie that binds an install to the browser in which it was begun. It carries a secret of the browser, whose hash
 * is stored with each state, and the token of the link that was opened last, so that the page of a failed install can
 * offer to start again.
 */

export interface InstallCookie {
  /** 256 random bits. */
  readonly browser: string;
  readonly linkToken: string;
}

/** How long after a link was opened its token can be offered again. States end earlier, by the database's clock. */
const MAX_AGE_MS = 3_600_000;
const VALUE = /^([\w-]{43})\.([\w-]{43})$/;

export function readInstallCookie(request: Request, redirectUri: string): InstallCookie | undefined {
  const { name } = cookieOf(redirectUri);
  for (const part of (request.get('cookie') ?? '').split(';')) {
    const [key, value = ''] = part.trim().split('=', 2);
    const match = key === name ? VALUE.exec(value) : null;
    if (match?.[1] && match[2]) return { browser: match[1], linkToken: match[2] };
  }
  return undefined;
}

/**
 * Lax, since HubSpot's redirect back is a navigation from another site. A browser keeps its secret over several
 * installs, so that two tabs do not lock each other out.
 */
export function setInstallCookie(response: Response, redirectUri: string, cookie: InstallCookie): void {
  const { name, path, secure } = cookieOf(redirectUri);
  response.cookie(name, `${cookie.browser}.${cookie.linkToken}`, {
    httpOnly: true,
    secure,
    sameSite: 'lax',
    path,
    maxAge: MAX_AGE_MS,
  });
}

/** HubSpot sends the browser back to `redirectUri`: the cookie must get there, and nowhere else. */
function cookieOf(redirectUri: string) {
  const { protocol, pathname } = new URL(redirectUri);
  const secure = protocol === 'https:';
  return {
    name: secure ? '__Secure-sluice-install' : 'sluice-install',
    path: pathname.slice(0, pathname.lastIndexOf('/')),
    secure,
  };
}
