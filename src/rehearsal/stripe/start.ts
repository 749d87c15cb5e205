import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type AccountOptions, createAccount, type SimulatedAccount } from './account.ts';
import { createFaults, type Faults } from './faults.ts';
import { parseForm } from './form.ts';
import { createOAuth, type OAuth } from './oauth.ts';
import { answerPage, type PageAnswer, type PageRequest } from './pages.ts';
import { type ApiCall, createReplies, faultReply, type Reply } from './reply.ts';
import { createRandom } from './state.ts';

/** One request as the API saw it, for tests that ask what was called and with what answer. */
export interface SeenRequest {
  method: string;
  /** With its query. */
  path: string;
  version: string | undefined;
  /** 0: no answer was given. */
  status: number;
}

export interface SimulatedStripe {
  /** http://127.0.0.1:<port> : the API below /v1/, the pages below /c/pay/, /b/ and /pay/. */
  url: string;
  /** The first account. */
  account: SimulatedAccount;
  /** One process may hold several accounts: the key of a request says whose it is. */
  addAccount(options: AccountOptions): SimulatedAccount;
  /** Forgets an account and all that it holds. */
  removeAccount(account: SimulatedAccount): Promise<void>;
  faults: Faults;
  oauth: OAuth;
  requests: SeenRequest[];
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1_000_000;

/** Starts a simulated Stripe on loopback. It knows nothing of Headwater: HTTP in, signed webhooks out. */
export async function startStripe(options: AccountOptions & { port?: number } = {}): Promise<SimulatedStripe> {
  const accounts: SimulatedAccount[] = [];
  const faults = createFaults(createRandom(options.seed ?? 1));
  const requests: SeenRequest[] = [];
  const reply = createReplies(accounts, faults);
  const inTurn = createTurns();
  const oauth = createOAuth(accounts, options.seed ?? 1);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = Date.now();
    await inTurn();
    const call: ApiCall = {
      arrivedAt,
      method: request.method ?? 'GET',
      url: new URL(request.url ?? '/', 'http://127.0.0.1'),
      headers: request.headers,
      body: await readBody(request),
      ip: request.socket.remoteAddress ?? '',
    };
    const { pathname } = call.url;
    if (call.method === 'POST' && (pathname === '/oauth/token' || pathname === '/oauth/deauthorize')) {
      writeReply(response, oauth.answer(pathname, parseForm(call.body), call.headers.authorization));
      return;
    }
    if (!pathname.startsWith('/v1/')) {
      writePage(response, answerPage(accounts, oauth, pageRequest(call)));
      return;
    }
    const fault = faults.take(call.method, call.url.pathname);
    const planned = fault === null ? null : faultReply(fault);
    const answer = fault === null || fault === 'lost' ? reply(call) : planned;
    const answered = fault === 'lost' ? null : answer;
    requests.push({
      method: call.method,
      path: call.url.pathname + call.url.search,
      version: call.headers['stripe-version'] as string | undefined,
      status: answered?.status ?? 0,
    });
    if (answered !== null) writeReply(response, answered);
    else if (fault !== 'timeout') request.socket.destroy();
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' });
      response.end(String(error));
    });
  });
  const url = await listen(server, options.port ?? 0);
  const addAccount = (input: AccountOptions) => {
    const account = createAccount(input, () => url);
    accounts.push(account);
    return account;
  };
  return {
    url,
    account: addAccount(options),
    addAccount,
    async removeAccount(account) {
      await account.webhooks.close();
      accounts.splice(accounts.indexOf(account), 1);
    },
    faults,
    oauth,
    requests,
    async close() {
      await Promise.all(accounts.map((account) => account.webhooks.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @returns where it is reached */
async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One answer per turn of the event loop: requests that come while it is made are counted when they come. */
function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => (last = last.then(() => setImmediate()));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new RangeError('request body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function writeReply(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'request-id': `req_${Math.random().toString(36).slice(2)}`,
    ...reply.headers,
    ...(reply.replayed ? { 'idempotent-replayed': 'true' } : {}),
  });
  response.end(reply.body);
}

function pageRequest(call: ApiCall): PageRequest {
  return {
    method: call.method,
    path: call.url.pathname,
    query: call.url.searchParams,
    form: new URLSearchParams(call.body),
  };
}

function writePage(response: ServerResponse, result: PageAnswer): void {
  if ('location' in result) {
    response.writeHead(result.status, { location: result.location });
    response.end();
    return;
  }
  response.writeHead(result.status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(result.html);
}
