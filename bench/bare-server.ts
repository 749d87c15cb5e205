// The baseline of the collect bench: a bare Node server that parses the body and stores nothing. Argument: the port.
import { createServer } from 'node:http';

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { events } = JSON.parse(Buffer.concat(chunks).toString()) as { events: unknown[] };
    response.writeHead(202, { 'content-type': 'application/json' }).end(`{"accepted":${events.length}}`);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
