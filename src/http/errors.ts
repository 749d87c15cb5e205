import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** Ends a request with an error answer: what happened, to what, what to do. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly retryAfterS: number | undefined;
  constructor(
    status: number,
    { code, message, field, retryAfterS }: { code: string; message: string; field?: string; retryAfterS?: number },
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
    this.retryAfterS = retryAfterS;
  }
}

/** Outages, by the name of the error that tells them: the stores' ports throw these. */
const OUTAGES: Record<string, string> = {
  RecordsUnavailable: 'the records store',
  FactsUnavailable: 'the facts store',
  SpoolFull: 'the spool',
  SpoolUnavailable: 'the spool',
};
/** Use cases refuse bad input with these; they name the field. */
const REFUSED_INPUT: Record<string, string> = { ConnectRefused: 'stripe_refused', SpendRefused: 'bad_spend' };
const RETRY_AFTER_S = 5;

/** Fastify's own refusals, in our words; anything else of 4xx keeps its message. */
const REQUEST_ERRORS: Record<string, { code: string; message: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'too_large', message: 'the body is too large; send less in one request' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'bad_media_type', message: 'send the body as application/json' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'bad_json', message: 'the body is empty; send a JSON object' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'bad_json', message: 'the body is not valid JSON; send a JSON object' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'bad_content_length',
    message: 'the body is not as long as its Content-Length says',
  },
};

export function sendRefusal(reply: FastifyReply, refusal: Refusal) {
  if (refusal.retryAfterS !== undefined) reply.header('retry-after', String(refusal.retryAfterS));
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
  // A serializer chosen for the good answer must not meet this one.
  return reply
    .code(refusal.status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(refusalBody(refusal));
}

export function refusalBody({ code, message, field }: Refusal) {
  return { error: { code, message, field } };
}

/** Every error of every route ends here, as `{"error":{"code","message","field"?}}`. Stack traces go to the log only. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const { id, log, routeOptions } = request;
  return sendRefusal(reply, refusalOf(error, { id, log, url: routeOptions?.url }));
}

/** What to answer; outages and failures of ours are logged. */
export function refusalOf(
  error: Error & Partial<FastifyError>,
  { id, log, url }: { id: string; log: FastifyBaseLogger; url: string | undefined },
): Refusal {
  if (error instanceof Refusal) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error);
  const refused = REFUSED_INPUT[error.name];
  if (refused !== undefined) {
    const { field = 'body', code = refused } = error as { field?: string; code?: string };
    return new Refusal(400, { code, field, message: `${field}: ${error.message}` });
  }
  const outage = OUTAGES[error.name];
  if (outage !== undefined) {
    log.warn({ request: id, route: url, error: error.message }, `${outage} does not answer`);
    const message = `${outage} does not answer; nothing was changed, try again in a moment (see /readyz)`;
    return new Refusal(503, { code: 'unavailable', message, retryAfterS: RETRY_AFTER_S });
  }
  const known = REQUEST_ERRORS[error.code ?? ''];
  if (known) return new Refusal(error.statusCode ?? 400, known);
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Refusal(error.statusCode, { code: 'bad_request', message: error.message });
  }
  log.error({ request: id, route: url, error: error.stack }, 'request failed');
  const message = `the server failed on this request; its log says why (request ${id})`;
  return new Refusal(500, { code: 'internal', message });
}

/** What is not even HTTP: the socket is all there is to answer on. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'headers_too_large', 'the headers are too large; send fewer cookies']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'timeout', 'the request did not arrive in time; send it again']
        : ['400 Bad Request', 'bad_request', 'this is not a valid HTTP request'];
  const body = JSON.stringify({ error: { code, message } });
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}

interface Issue {
  keyword: string;
  instancePath: string;
  message?: string;
  params: Record<string, unknown>;
}

function invalid(error: { validation: unknown[]; validationContext?: string }): Refusal {
  const issue = error.validation[0] as Issue;
  const at = issue.instancePath.split('/').filter(Boolean);
  const path = (issue.keyword === UNKNOWN_FIELD ? [...at, unknownField(issue.params.keys)] : at).join('.');
  const field = path === '' ? (error.validationContext ?? 'body') : path;
  // A parameter that is given twice arrives as an array.
  const once = error.validationContext === 'querystring' ? ', once' : '';
  return new Refusal(400, { code: 'invalid', field, message: `${field}: ${reason(issue, once)}` });
}

const UNKNOWN_FIELD = 'unrecognized_keys';
/** The name of a field that a closed list does not hold, as errors say it. */
export const unknownField = (keys: unknown): string => String((keys as unknown[])[0]).slice(0, 64);
/** A misspelled field that is passed over would be a change that was answered with 200 and never made. */
const NO_SUCH_FIELD = 'is not known here; /api/openapi.json says what may be sent';

/** Zod's names of types, as a sentence has them. */
const TYPES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

/** Of others the contract itself says what is right. */
const FORMATS: Record<string, string> = {
  email: 'is not an e-mail address; write it like name@example.com',
  datetime: 'is not a time; write it with its offset, like 2026-11-21T10:00:00Z',
};

/** What is wrong and what would be right. */
function reason({ keyword, message, params }: Issue, once: string): string {
  const type = TYPES[String(params.expected)] ?? `a ${String(params.expected)}`;
  const unit = params.origin === 'string' ? ' characters' : params.origin === 'array' ? ' entries' : '';
  switch (keyword) {
    case 'too_small':
      return Number(params.minimum) === 1 && unit !== '' && params.exact !== true
        ? 'must not be empty'
        : `is too short or small; give at least ${String(params.minimum)}${unit}`;
    case 'too_big':
      return `is too long or large; give at most ${String(params.maximum)}${unit}`;
    case 'invalid_type':
      return /received undefined/.test(message ?? '')
        ? `is missing; send ${type}`
        : `has the wrong type; send ${type}${once}`;
    case UNKNOWN_FIELD:
      return NO_SUCH_FIELD;
    case 'invalid_value':
      return `is not one of the known values; use ${(params.values as unknown[]).map(String).join(', ')}`;
    case 'invalid_format':
      return FORMATS[String(params.format)] ?? message ?? `is not a valid ${String(params.format)}`;
    default:
      return message ?? 'cannot be used';
  }
}
