// "A ClickHouse server by URL" that can be stopped and comes back with its data under the same address and password.
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { startProgram, temporaryDirectory } from '../contracts/facts-engines.ts';

export interface StoppableEngine {
  /** For CLICKHOUSE_URL; fixed before the engine was ever started. */
  url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Accepts and never answers, as a machine that swaps itself to death. */
  freeze(): void;
  close(): Promise<void>;
}

/** The embedded engine chooses port and password anew at each start; what stands in front of it does not. */
export async function createStoppableEngine(): Promise<StoppableEngine> {
  const directory = await temporaryDirectory();
  let running: Awaited<ReturnType<typeof startProgram>> | null = null;
  let front: Server | null = null;
  let port = 0;
  let isFrozen = false;

  async function listen(): Promise<void> {
    const server = createServer((from, to) => {
      if (isFrozen || !running) return;
      const { url, username, password } = running.endpoint;
      const { authorization: _, ...headers } = from.headers;
      const options = {
        method: from.method,
        headers: { ...headers, 'x-clickhouse-user': username, 'x-clickhouse-key': password },
      };
      const onward = request(`${url}${from.url}`, options, (answer) => {
        to.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(to);
      });
      onward.on('error', () => to.destroy());
      from.pipe(onward);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    front = server;
  }
  async function leave(): Promise<void> {
    if (!front) return;
    const closing = once(front, 'close');
    front.close();
    (front as unknown as { closeAllConnections(): void }).closeAllConnections();
    front = null;
    await closing;
  }
  async function stop(): Promise<void> {
    await leave();
    isFrozen = false;
    const program = running?.program;
    running = null;
    if (!program) return;
    program.kill('SIGTERM');
    await once(program, 'exit');
  }
  await listen();
  await leave();
  return {
    url: `http://default:secret@127.0.0.1:${port}`,
    async start() {
      running = await startProgram(directory);
      await listen();
    },
    stop,
    freeze() {
      isFrozen = true;
    },
    async close() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
