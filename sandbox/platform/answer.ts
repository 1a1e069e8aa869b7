/** An HTTP answer, before it is sent. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  const contentType = { 'content-type': 'application/json;charset=utf-8' };
  return { status, headers: { ...contentType, ...headers }, body: JSON.stringify(value) };
}

export function noContent(headers: Record<string, string> = {}): Answer {
  return { status: 204, headers, body: '' };
}
