/** An answer Stripe gives instead of an object: its status, type, code and words. */
export class StripeRefusal extends Error {
  override name = 'StripeRefusal';
  readonly status: number;
  readonly body: { type: string; code?: string; param?: string; message: string };
  /** Further headers of the answer. */
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    body: { type?: string; code?: string; param?: string; message: string },
    headers: Record<string, string> = {},
  ) {
    super(body.message);
    this.status = status;
    this.headers = headers;
    this.body = { type: 'invalid_request_error', ...body };
  }
}

export function missing(noun: string, id: string, param = 'id'): StripeRefusal {
  return new StripeRefusal(404, { code: 'resource_missing', message: `No such ${noun}: '${id}'`, param });
}

export function parameterMissing(param: string): StripeRefusal {
  return new StripeRefusal(400, {
    code: 'parameter_missing',
    message: `Missing required param: ${param}.`,
    param,
  });
}

export function parameterInvalid(param: string, message: string): StripeRefusal {
  return new StripeRefusal(400, { code: 'parameter_invalid', message, param });
}

/** `sk_test_abcd…wxyz` as Stripe writes keys in messages. */
export function maskedKey(key: string): string {
  const shown = key.length > 16 ? 8 : 3;
  return `${key.slice(0, shown)}${'*'.repeat(Math.max(4, Math.min(20, key.length - shown - 4)))}${key.slice(-4)}`;
}

export function parameterUnknown(name: string): StripeRefusal {
  return new StripeRefusal(400, {
    code: 'parameter_unknown',
    message: `Received unknown parameter: ${name.slice(0, 100)}`,
    param: name.slice(0, 100),
  });
}
