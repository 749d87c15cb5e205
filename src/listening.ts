import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';

/** How long a port still held by a dying process is awaited. */
const HELD_WAIT_MS = 10_000;
/** What is acknowledged is committed: a request that hangs must not keep the process from ending. */
const REQUESTS_WAIT_MS = 3_000;
/** Node's 511 overflow when a thousand browsers come at once, and whoever is dropped is answered seconds later. */
const CONNECTIONS_WAITING_MAX = 4_096;

/**
 * With port 0 the system chooses one, and everything that names our address has to know it before there is a server:
 * the port is taken here and let go right before `listen`.
 */
export async function reservePort(config: Config): Promise<{ config: Config; release(): Promise<void> }> {
  if (config.port !== 0) return { config, release: async () => {} };
  const holder = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.listen({ port: 0, host: config.host }, resolve);
  });
  const { port } = holder.address() as AddressInfo;
  const publicUrl = config.publicUrl.replace(/:0$/, `:${port}`);
  let released: Promise<void> | null = null;
  const release = () => (released ??= new Promise<void>((resolve) => holder.close(() => resolve())));
  return { config: { ...config, port, publicUrl }, release };
}

/** A port that a dying process still holds is awaited; one that somebody uses is named. */
export async function listen(server: FastifyInstance, { port, host }: Config): Promise<string> {
  const deadline = Date.now() + HELD_WAIT_MS;
  for (;;) {
    try {
      return await server.listen({ port, host, backlog: CONNECTIONS_WAITING_MAX });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES')
        throw new Error(`PORT: ${port} may not be opened by this user; choose one above 1023`, { cause: error });
      if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
        throw new Error(`HOST: ${host} is not an address of this machine`, { cause: error });
      if (code !== 'EADDRINUSE') throw error;
      if (Date.now() >= deadline) {
        throw new Error(`PORT: ${port} is used by another program; stop it or choose another PORT`, { cause: error });
      }
      await sleep(200);
    }
  }
}

/** No new requests; those under way get a moment, as a client that sends nothing must not hold the end up. */
export async function closeServer(server: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), REQUESTS_WAIT_MS);
  await server.close();
  clearTimeout(timer);
}
