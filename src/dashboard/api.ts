/** What the server answered instead of what was asked; `status` 0: it did not answer at all. */
export class ApiError extends Error {
  override name = 'ApiError';
  status: number;
  code: string;
  field: string | null;
  constructor(status: number, code: string, message: string, field: string | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

export type Params = Record<string, string | number | undefined>;

export function addressOf(path: string, params: Params): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return `/api/v1${path}${text === '' ? '' : `?${text}`}`;
}

async function answer<T>(address: string, init: RequestInit): Promise<T> {
  const response = await fetch(address, { credentials: 'same-origin', ...init }).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'unreachable', 'The server did not answer. Check that Headwater is running.', null);
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json') && text !== '';
  const body: unknown = isJson ? JSON.parse(text) : null;
  if (response.ok) return body as T;
  const told = (body as { error?: { code?: string; message?: string; field?: string } } | null)?.error;
  const message = told?.message ?? `The server answered ${response.status}.`;
  throw new ApiError(response.status, told?.code ?? 'unknown', message, told?.field ?? null);
}

export const get = <T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> =>
  answer<T>(addressOf(path, params), { signal: signal ?? null });

export const send = <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown = {}): Promise<T> =>
  answer<T>(addressOf(path, {}), {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A file as it is. */
export const upload = <T>(path: string, params: Params, file: Blob): Promise<T> =>
  answer<T>(addressOf(path, params), { method: 'POST', headers: { 'content-type': 'text/csv' }, body: file });
