// Builds what is published: JavaScript and declarations, because Node strips no types under node_modules. The package has
// no dependency, and React is the reader's own.
//   node sdk/build-package.ts [FOLDER]      default dist/sdk
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const sdk = dirname(fileURLToPath(import.meta.url));
const root = dirname(sdk);
/** Their code runs in the browser: frameworks with server components must be told. */
const CLIENT_ENTRIES = new Set(['react', 'zori']);

interface Manifest {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
}

/** Writes the package into an empty folder. @throws when a type or a bundle does not build */
export async function buildPackage(folder: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8')) as Manifest;
  const sources = Object.values(manifest.exports);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: sources.map((source) => join(sdk, source)),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['react'],
    chunkNames: 'shared-[hash]',
    logLevel: 'error',
  });
  for (const source of sources) {
    const path = join(folder, basename(source).replace(/\.tsx?$/, '.js'));
    // Imports of a part for its effects, of which it has none: readers' bundlers warn of them where the folder is linked.
    const code = readFileSync(path, 'utf8').replaceAll(/^import ".*";\n/gm, '');
    writeFileSync(path, CLIENT_ENTRIES.has(basename(path, '.js')) ? `'use client';\n${code}` : code);
  }
  declare(sources, folder);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);
  for (const [from, to] of [
    [join(sdk, 'README.md'), 'README.md'],
    [join(root, 'LICENSE'), 'LICENSE'],
  ] as const) {
    copyFileSync(from, join(folder, to));
  }
}

/** One declaration beside each source; those of modules that are no entry are what the entries' declarations import. */
function declare(sources: readonly string[], folder: string): void {
  const options = `--ignoreConfig --declaration --emitDeclarationOnly --skipLibCheck --strict --target es2022 --lib es2022,dom,dom.iterable
    --module nodenext --moduleResolution nodenext --jsx react-jsx --allowImportingTsExtensions --noUncheckedIndexedAccess --types node`;
  const args = [...options.split(/\s+/), '--rootDir', join(sdk, 'src'), '--outDir', folder];
  const files = sources.map((source) => join(sdk, source));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args, ...files], {
    cwd: sdk,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (const name of readdirSync(folder).filter((it) => it.endsWith('.d.ts'))) {
    const path = join(folder, name);
    // Readers have no sources to resolve these to.
    writeFileSync(path, readFileSync(path, 'utf8').replace(/(from ['"]\.\/[\w-]+)\.tsx?(['"])/g, '$1.js$2'));
  }
}

function published({ name, version, license, exports }: Manifest) {
  const entries = Object.entries(exports).map(([path, source]) => {
    const file = `./${basename(source).replace(/\.tsx?$/, '')}`;
    return [path, { types: `${file}.d.ts`, default: `${file}.js` }];
  });
  return {
    name,
    version,
    license,
    type: 'module',
    sideEffects: false,
    description: 'Headwater in browsers, React and servers: revenue from Stripe, credited to where it came from.',
    exports: Object.fromEntries(entries),
    // For readers that know no exports (moduleResolution "node", older bundlers and test runners): they look for files
    // under the names of the other entries, and for this one here.
    main: './zori.js',
    types: './zori.d.ts',
    peerDependencies: { react: '>=18' },
    peerDependenciesMeta: { react: { optional: true } },
  };
}

if (import.meta.main) await buildPackage(process.argv[2] ?? join(root, 'dist/sdk'));
