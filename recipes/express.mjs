import { request as ask } from 'node:http';
import { request as askSecurely } from 'node:https';

const PATHS = /^\/(hw(-[0-9a-z]+)*\.js|api\/(event|hand-over))$/;

/**
 * app.use(headwater('http://127.0.0.1:1323')), before anything that reads bodies. Node's own server can call it too.
 * Behind a further proxy set Express's "trust proxy" as that proxy's documentation says.
 */
export function headwater(target, prefix = '/hw') {
  return (req, res, next) => {
    // Split, not parsed: anybody may ask for "//", which is no address, and what is thrown here ends a server of plain Node.
    const [pathname] = (req.originalUrl ?? req.url).split('?');
    const path = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : '';
    if (!PATHS.test(path)) return next();
    const url = new URL(path, target);
    const headers = {
      ...req.headers,
      host: url.host,
      'x-forwarded-for': [req.headers['x-forwarded-for'], req.socket.remoteAddress].filter(Boolean).join(', '),
      'x-forwarded-host': req.headers.host,
      'x-forwarded-proto': req.protocol ?? (req.socket.encrypted ? 'https' : 'http'),
    };
    // The shop's own cookies are none of Headwater's business.
    delete headers.cookie;
    const send = url.protocol === 'https:' ? askSecurely : ask;
    const passed = send(url, { method: req.method, headers }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.pipe(res);
    });
    passed.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    req.pipe(passed);
  };
}
