import type { Response } from 'express';
import { markup, type Html } from '../http/markup.js';

/** What such a page may load: what we serve. The page of the API sets styles and images of its own making, too. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A page about this service as it is sent, with scripts of ours (`scripts`) or none. */
export function referencePage({
  title,
  body,
  styles,
  scripts = [],
}: {
  title: string;
  body: Html;
  styles: string[];
  scripts?: string[];
}): Buffer {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title}</title>
${styles.map((href) => markup`<link rel="stylesheet" href="${href}">\n`)}</head>
<body>
${body}
${scripts.map((src) => markup`<script src="${src}"></script>\n`)}</body>
</html>
`;
  return Buffer.from(page.text);
}

export function sendReferencePage(response: Response, page: Buffer): void {
  response.set('Content-Security-Policy', CONTENT_SECURITY_POLICY).type('html').send(page);
}
