// The source tree's own rules (ARCHITECTURE.md, "Rules"), each with its remedy in the message. Line and function lengths
// are the linter's (.oxlintrc.json).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\n')
  .filter((path) => path !== '' && existsSync(`${root}/${path}`));

interface Import {
  from: string;
  /** Repository path for relative imports, the package (or node:…) otherwise. */
  to: string;
  typeOnly: boolean;
}

const code = tracked.filter((path) => /^(src|sdk\/src)\/.*\.tsx?$/.test(path));
const product = code.filter((path) => !/\.test\.tsx?$/.test(path));
const text = new Map(code.map((path) => [path, readFileSync(`${root}/${path}`, 'utf8')]));
const imports = product.flatMap(importsOf);

function importsOf(from: string): Import[] {
  const source = text
    .get(from)!
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
  for (const match of source.matchAll(pattern)) {
    const target = (match[2] ?? match[3])!;
    const to = target.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), target)) : target;
    found.push({ from, to, typeOnly: match[1] !== undefined });
  }
  return found;
}

/** Asserts that the list is empty, showing every offender and what to do about it. */
function none(offenders: string[], remedy: string) {
  assert.equal(offenders.length, 0, `${remedy}\n  ${offenders.join('\n  ')}`);
}

const inside = (path: string, ...folders: string[]) => folders.some((folder) => path.startsWith(`src/${folder}/`));
const show = ({ from, to }: Import) => `${from} imports ${to}`;
const isPackage = (to: string) => !to.startsWith('src/') && !to.startsWith('sdk/') && !to.startsWith('test/');

describe('who may import whom', () => {
  const rules: { folder: string; allowed: (edge: Import) => boolean; remedy: string }[] = [
    {
      folder: 'core',
      allowed: ({ to }) => inside(to, 'core'),
      remedy: 'core is pure: pass the value in as an argument (clock, randomness, packages live outside of it)',
    },
    ...['collect', 'payments', 'reports', 'spend', 'journeys', 'alerts'].map((folder) => ({
      folder,
      allowed: ({ to, typeOnly }: Import) =>
        inside(to, 'core', folder) ||
        (isPackage(to) && to !== 'stripe') ||
        /^src\/(loop|secrets)\.ts$/.test(to) ||
        (folder === 'collect' && to === 'sdk/src/protocol.ts') ||
        (folder === 'spend' && to === 'src/sites/site-input.ts') ||
        (folder === 'journeys' && /^src\/reports\/(parse|refused)\.ts$/.test(to)) ||
        /^src\/storage\/(facts\/facts|records\/records)\.ts$/.test(to) ||
        (typeOnly && (inside(to, 'storage', 'collect', 'payments') || to === 'src/http/contract.ts')),
      remedy: `${folder} is a use case: take the store or the neighbour as a typed argument; main.ts passes it in`,
    })),
    {
      folder: 'stripe',
      allowed: ({ to, typeOnly }) =>
        !inside(to, 'storage', 'http', 'cli', 'collect', 'reports', 'dashboard', 'rehearsal') &&
        (!inside(to, 'payments') || typeOnly || to === 'src/payments/provider.ts'),
      remedy: 'stripe only translates: it implements payments/provider.ts and knows no store',
    },
    ...['facts', 'records'].map((store) => ({
      folder: `storage/${store}`,
      allowed: ({ to }: Import) =>
        isPackage(to)
          ? to !== 'stripe'
          : inside(to, 'core', `storage/${store}`) || /^src\/(loop|secrets|directory-lock)\.ts$/.test(to),
      remedy: `storage/${store} knows core and itself: join the stores in a use case`,
    })),
    {
      folder: 'http',
      allowed: ({ to, typeOnly }) =>
        !inside(to, 'storage', 'stripe', 'cli', 'dashboard') ||
        typeOnly ||
        /^src\/storage\/(facts\/facts|records\/records)\.ts$/.test(to),
      remedy: 'a route parses, calls, renders: take what it needs through HttpDeps',
    },
    {
      folder: 'cli',
      allowed: ({ to, typeOnly }) => !inside(to, 'storage', 'stripe') || typeOnly,
      remedy: 'a command parses, calls, prints: take what it needs from the App of main.ts',
    },
    {
      folder: 'dashboard',
      allowed: ({ to, typeOnly }) =>
        inside(to, 'dashboard', 'core') || isPackage(to) || (typeOnly && inside(to, 'http')),
      remedy: 'the dashboard runs in a browser: import core, or types of http',
    },
  ];
  for (const { folder, allowed, remedy } of rules) {
    it(folder, () => {
      none(imports.filter((edge) => inside(edge.from, folder) && !allowed(edge)).map(show), remedy);
    });
  }

  it('only src/stripe imports the stripe package', () => {
    const offenders = imports.filter(
      ({ from, to, typeOnly }) =>
        to === 'stripe' && !inside(from, 'stripe') && !(typeOnly && inside(from, 'rehearsal')),
    );
    none(offenders.map(show), 'call it through payments/provider.ts');
  });

  it('has no import cycles, types included', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to } of imports) edges.set(from, [...(edges.get(from) ?? []), to]);
    const finished = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: string[]) => {
      if (trail.includes(path)) return void cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (finished.has(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      finished.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
    none(cycles, 'move what both need into a file of its own');
  });
});

describe('names and shapes', () => {
  it('no rooms without a name', () => {
    const nameless = /(^|\/)(utils?|helpers?|common|misc|services?|managers?)(\.|\/|$)/;
    none(
      tracked.filter((path) => nameless.test(path)),
      'name the file by the noun or verb of the field it holds',
    );
  });

  it('no barrels inside src', () => {
    none(
      product.filter((path) => path.startsWith('src/') && /export\s+\*\s+from/.test(text.get(path)!)),
      'import from the file that defines the thing',
    );
  });

  it('only config.ts reads the environment', () => {
    none(
      product.filter((path) => path !== 'src/config.ts' && /process\.env/.test(text.get(path)!)),
      'read it in src/config.ts and pass the value in',
    );
  });

  it('core has no clock, randomness or outside world', () => {
    none(
      product.filter(
        (path) =>
          inside(path, 'core') && /\bDate\.now\b|new Date\(\)|Math\.random|process\.|\bfetch\(/.test(text.get(path)!),
      ),
      'take the value as an argument',
    );
  });

  it('http and cli hold no SQL', () => {
    const sql = /\b(select\s+[\w*"]+[\s\S]{0,80}?\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s)/i;
    none(
      product.filter((path) => inside(path, 'http', 'cli') && sql.test(text.get(path)!)),
      'move the query into the noun of storage/ it is about',
    );
  });

  it('nothing left behind', () => {
    const marks = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].map((mark) => `\\b${mark}\\b`).join('|'));
    const offenders = tracked
      .filter((path) => /\.(tsx?|mjs|css|sql|md|txt)$/.test(path))
      .filter((path) => marks.test(readFileSync(`${root}/${path}`, 'utf8')));
    none(offenders, 'do it, or open an issue and delete the mark');
  });

  it('names no document that is not in the repository', () => {
    const documents = new Set(tracked.filter((path) => path.endsWith('.md')).map((path) => posix.basename(path)));
    const offenders = tracked
      .filter((path) => /\.(tsx?|mjs|css|sql|md|txt)$/.test(path))
      .flatMap((path) =>
        [...readFileSync(`${root}/${path}`, 'utf8').matchAll(/\b([A-Z][A-Z_-]+\.md)\b/g)]
          .map((match) => match[1]!)
          .filter((name) => !documents.has(name))
          .map((name) => `${path}: ${name}`),
      );
    none(offenders, 'say the fact itself, or put it into docs/');
  });

  it('tests are never skipped, narrowed, or run on mocked modules', () => {
    const pattern = new RegExp(['\\.(skip|only)\\(', 'mock\\.module', 'vi\\.mock', 'jest\\.mock'].join('|'));
    none(
      tracked
        .filter((path) => /\.(test|browser)\.tsx?$/.test(path) && path !== 'test/tidy.test.ts')
        .filter((path) => pattern.test(readFileSync(`${root}/${path}`, 'utf8'))),
      'test through the real path; a case that cannot run here fails with the reason',
    );
  });
});
