// A door in front of a store: shut, connections are refused and those that are open break, as when the store is stopped.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export interface Gate {
  port: number;
  /** Where connections go from now on; the address stays. */
  open(targetPort: number): Promise<void>;
  shut(): Promise<void>;
}

export async function createGate(): Promise<Gate> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let port = 0;

  async function open(targetPort: number): Promise<void> {
    server = createServer((client) => {
      const store = connect(targetPort, '127.0.0.1');
      for (const [socket, other] of [
        [client, store],
        [store, client],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }
  async function shut(): Promise<void> {
    const closing = server;
    server = null;
    if (!closing) return;
    closing.close();
    for (const socket of sockets) socket.destroy();
    await once(closing, 'close');
  }
  // Takes its port now, so that it is known before anything stands behind it.
  await open(0);
  await shut();
  return {
    get port() {
      return port;
    },
    open,
    shut,
  };
}
